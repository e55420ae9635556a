"""What fakemodel costs, as ratios to its peers and to the floor, all measured in one run: `make bench`."""
