"""What of pytest-recording's `vcr_config` is honoured: the filters. What would loosen the matching is refused."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import vcr

from fakemodel.errors import SettingInvalid

__all__ = ["filters"]

HONOURED = {
    "before_record",
    "before_record_request",
    "before_record_response",
    "decode_compressed_response",
    "filter_headers",
    "filter_nested_post_data_parameters",
    "filter_post_data_parameters",
    "filter_query_parameters",
    "ignore_hosts",
    "ignore_localhost",
}

REFUSED = {
    "filter_sensitive_data": "it puts values back when a cassette is loaded; before_record_request takes them out",
    "match_on": "requests are matched on method, path, query and JSON body; what may differ is named by ignore=[…]",
    "record_mode": "recording is asked for on the command line: --cassettes=record or --cassettes=rerecord",
}


def filters(config: Mapping[str, Any]) -> dict[str, Any]:
    """The filters that vcrpy makes of `config`, as options of a Cassette. Raises SettingInvalid."""
    for name, value in config.items():
        if name not in HONOURED:
            reason = REFUSED.get(name, "it has no meaning for fakemodel's cassettes")
            raise SettingInvalid(f"vcr_config says {name}={value!r}, which fakemodel does not take: {reason}.")
    merged = vcr.VCR(**config).get_merged_config()
    return {
        "before_request": merged["before_record_request"],
        "before_response": merged["before_record_response"],
    }
