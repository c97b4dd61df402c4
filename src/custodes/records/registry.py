"""The readers, and the choice of exactly one for a file."""

from __future__ import annotations

import json

from custodes.errors import ClashError, UnclaimedError, UsageError
from custodes.records import (
    Reader,
    answers_foi,
    answers_tables,
    buy_notices,
    buy_ocds,
    buy_spend,
    buy_usaspending,
    buy_workbook,
    device_arp,
    device_dahua1,
    device_dhip,
    device_isapi,
    device_json,
    device_leases,
    device_masscan,
    device_nmap,
    device_nmap_text,
    device_nvr,
    device_onvif,
    device_other,
    device_packets,
    device_pcap,
    device_register,
    device_sadp,
    device_shodan,
    device_ssdp,
    device_wsd,
    device_zgrab,
    list_eu_fsf,
    list_eu_fsf_csv,
    list_ftm,
    list_ofac,
    list_ofac_xml,
    list_os_simple,
    list_periods,
    list_table,
    list_uk,
    list_uk_xml,
    list_un,
    list_us_csl,
    list_us_csl_json,
    list_us_dpl,
    list_us_ecfr,
    list_us_fcc,
    list_us_lines,
    list_us_uflpa,
    page_html,
    page_pdf,
    page_text,
    page_warc,
    progress_table,
    promise_table,
    table_map,
    tables,
)
from custodes.values import Origin

READERS: tuple[Reader, ...] = (
    buy_spend,
    buy_workbook,
    buy_ocds,
    buy_notices,
    buy_usaspending,
    answers_foi,
    answers_tables,
    tables,
    list_ftm,
    list_us_csl,
    list_us_csl_json,
    list_ofac,
    list_ofac_xml,
    list_us_lines,
    list_us_dpl,
    list_us_ecfr,
    list_us_fcc,
    list_us_uflpa,
    list_uk,
    list_uk_xml,
    list_eu_fsf,
    list_eu_fsf_csv,
    list_un,
    list_os_simple,
    list_periods,
    list_table,
    device_arp,
    device_dahua1,
    device_dhip,
    device_isapi,
    device_json,
    device_leases,
    device_masscan,
    device_nmap,
    device_nmap_text,
    device_nvr,
    device_onvif,
    device_other,
    device_packets,
    device_pcap,
    device_register,
    device_sadp,
    device_shodan,
    device_ssdp,
    device_wsd,
    device_zgrab,
    page_html,
    page_pdf,
    page_text,
    page_warc,
    progress_table,
    promise_table,
    table_map,
)
"""Every reader there is. The order means nothing: two that claim one file are an error."""


def choose(head: bytes, filename: str, origin: Origin) -> Reader:
    """The one reader for a file: the one its entry names, the map reader when the entry maps columns, else the only one that claims it.

    ``head``: its first bytes, unpacked; ``filename``: its name without ``.gz``. Raises UsageError for a reader that does not exist, ClashError when
    several claim the file, UnclaimedError when none does; each says what to write into case.toml.
    """
    if origin.entry.reader:
        return named(origin.entry.reader)
    if origin.entry.columns:
        return table_map
    claims = [reader for reader in READERS if reader.sniff(head, filename)]
    if len(claims) > 1:
        names = " and ".join(reader.NAME for reader in claims)
        settle = entry_text(origin.path, **{"as": claims[0].NAME})
        raise ClashError(f"two readers claim this file: {names}", where=origin.path, advice=f"say which in case.toml (or with --as):\n{settle}")
    if not claims:
        raise UnclaimedError("no reader claims this file", where=origin.path, advice=table_map.advice(head, filename, origin.path))
    return claims[0]


def named(name: str) -> Reader:
    """The reader of that name; UsageError listing the names when there is none."""
    for reader in READERS:
        if name == reader.NAME:
            return reader
    raise UsageError(f"there is no reader {name!r}", advice=f"readers: {', '.join(sorted(reader.NAME for reader in READERS))}")


def entry_text(path: str, **settings: str) -> str:
    """A ``[[records]]`` entry to paste into case.toml."""
    lines = ["[[records]]", f"path = {json.dumps(path, ensure_ascii=False)}"]
    return "\n".join([*lines, *(f"{key} = {json.dumps(value, ensure_ascii=False)}" for key, value in settings.items())])
