"""`fakemodel show` and `fakemodel diff`: a recording on a terminal, in a pipe and as a page; what changed in another.

What is told is read by `fakemodel.tape.conversation` and `fakemodel.tape.changes`; here is how it looks.
"""
