"""Device readers, one core: invented scans, dumps, registers, leases and captures; rows per second, memory of the whole command, and peers that read the same files.

Peers, in a venv of their own: python-libnmap (nmap XML), scapy (captures; packets only, no meaning), pandas (registers as tables, no meaning).
"""

from __future__ import annotations

import json
import random
import struct
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

from measure import OUT, measured, peers, table

PEER = """
import json, sys, time
nmap, pcap, csvf, xlsx = sys.argv[1:5]
out = {}
def rate(name, f):
    a = time.perf_counter(); n = f(); out[name] = [n, round(n / (time.perf_counter() - a))]
from libnmap.parser import NmapParser
rate("nmap", lambda: len(NmapParser.parse_fromfile(nmap).hosts))
from scapy.all import PcapReader
from itertools import islice
rate("pcap", lambda: sum(1 for _ in islice(PcapReader(pcap), 5000)))
import pandas
rate("register.csv", lambda: len(pandas.read_csv(csvf, dtype=str)))
rate("register.xlsx", lambda: len(pandas.read_excel(xlsx, dtype=str)))
print(json.dumps(out))
"""


def _mac(n: int) -> str:
    return ":".join(f"{(0xC056E3000000 + n) >> shift & 255:02x}" for shift in range(40, -8, -8))


def _host(n: int) -> str:
    return f"10.{n >> 16 & 255}.{n >> 8 & 255}.{n & 255}"


def nmap(path: Path, count: int) -> None:
    """Hosts with three open ports, headers, realms and titles."""
    with path.open("w") as out:
        out.write('<?xml version="1.0"?>\n<!DOCTYPE nmaprun>\n<nmaprun scanner="nmap" version="7.93">\n')
        for n in range(count):
            out.write(
                f'<host starttime="1700000000" endtime="1700000100"><status state="up" reason="arp-response"/><address addr="{_host(n)}" addrtype="ipv4"/><address addr="{_mac(n)}" addrtype="mac" vendor="x"/>\n<ports>'
                f'<port protocol="tcp" portid="80"><state state="open"/><service name="http" product="Example IP camera httpd" method="probed"/><script id="http-server-header" output="App-webs/"><elem>App-webs/</elem></script>'
                f'<script id="http-auth" output="x"><table><elem key="scheme">Digest</elem><table key="params"><elem key="realm">IP Camera(C{n % 10000:04})</elem></table></table></script></port>'
                '<port protocol="tcp" portid="554"><state state="open"/><service name="rtsp" servicefp="SF:%r(RTSPRequest,10,&quot;RTSP/1\\.0\\x20200\\x20OK\\r\\nPublic:\\x20OPTIONS\\r\\n\\r\\n&quot;);"/></port>'
                '<port protocol="tcp" portid="8000"><state state="open"/></port></ports></host>\n'
            )
        out.write("</nmaprun>\n")


def _sadp(n: int) -> str:
    return (
        f'<?xml version="1.0" encoding="UTF-8"?>\n<ProbeMatch><Uuid>{n}</Uuid><Types>inquiry</Types><DeviceType>139011</DeviceType><DeviceDescription>DS-2CD{n % 5000:04}-I</DeviceDescription>'
        f"<DeviceSN>DS-2CD{n % 5000:04}-I20200101AAWR{n:09}</DeviceSN><MAC>{_mac(n).replace(':', '-')}</MAC><IPv4Address>{_host(n)}</IPv4Address><SoftwareVersion>V5.5.0build 200101</SoftwareVersion></ProbeMatch>\n"
    )


def sadp(path: Path, count: int) -> None:
    """A dump of answers."""
    path.write_text("".join(map(_sadp, range(count))))


def leases(path: Path, count: int) -> None:
    """dhcpd.leases."""
    path.write_text("".join(f'lease {_host(n)} {{\n  starts 2 2024/01/02 10:00:00;\n  binding state active;\n  hardware ethernet {_mac(n)};\n  client-hostname "CAM{n}";\n}}\n' for n in range(count)))


def register(path: Path, count: int) -> None:
    """A register of twelve columns, some of them about people."""
    draw = random.Random(8)
    header = ["Asset Tag", "Make", "Model", "Serial Number", "MAC Address", "IP Address", "Site", "Building", "Assigned To", "Purchase Date", "Status", "Notes"]
    makes = ["Hikvision", "Dahua", "LTS", "Axis", "hik vision"]
    rows = [[f"A{n}", draw.choice(makes), f"DS-2CD{n % 5000:04}-I", f"S{n:09}", _mac(n), _host(n), f"Site {n % 90}", "Main", "J Smith", "2020-01-01", "Deployed", ""] for n in range(count)]
    if path.suffix == ".csv":
        path.write_text("\n".join(",".join(row) for row in [header, *rows]) + "\n")
        return
    import xlsxwriter

    with xlsxwriter.Workbook(path, {"constant_memory": True}) as book:
        sheet = book.add_worksheet("Register")
        for number, row in enumerate([header, *rows]):
            sheet.write_row(number, 0, row)


def capture(path: Path, count: int) -> None:
    """A capture in which every tenth packet is a SADP answer; the others are of no interest."""
    with path.open("wb") as out:
        out.write(struct.pack("<IHHiIII", 0xA1B2C3D4, 2, 4, 0, 0, 65535, 1))
        for n in range(count):
            payload = _sadp(n).encode() if n % 10 == 0 else b"x" * 400
            port = 37020 if n % 10 == 0 else 5353
            datagram = struct.pack(">HHHH", port, port, 8 + len(payload), 0) + payload
            ip = struct.pack(">BBHHHBBH4s4s", 0x45, 0, 20 + len(datagram), 0, 0, 64, 17, 0, bytes(map(int, _host(n).split("."))), b"\xef\xff\xff\xfa") + datagram
            frame = b"\1\0\x5e\x7f\xff\xfa" + bytes.fromhex(_mac(n).replace(":", "")) + b"\x08\0" + ip
            out.write(struct.pack("<IIII", 1700000000 + n, 0, len(frame), len(frame)) + frame)


FILES: dict[str, tuple[str, Callable[[Path, int], None], float]] = {
    "nmap": ("scan.xml", nmap, 1), "sadp": ("dump.xml", sadp, 1), "leases": ("dhcpd.leases", leases, 1), "register.csv": ("register.csv", register, 2), "register.xlsx": ("register.xlsx", register, 1),
    "pcap": ("wire.pcap", capture, 5),
}  # fmt: skip


def run(count: int) -> list[dict[str, object]]:
    """A row per kind of file: size, things read, things a second of the whole command (start included), peak memory, and the peer's rate."""
    scratch = OUT / "devices"
    scratch.mkdir(parents=True, exist_ok=True)
    custodes, rows = str(Path(sys.executable).parent / "custodes"), []
    start = min(measured([custodes, "records", "/dev/null", "-o", str(scratch / "none.csv")]).seconds for _ in range(2))
    for kind, (name, make, factor) in FILES.items():
        path, things = scratch / name, int(count * factor)
        make(path, things)
        done = measured([custodes, "records", str(path), "-o", str(scratch / f"{name}.parquet"), "--engine", "local", "--json"])
        read = json.loads(done.printed.splitlines()[-1])["read"] if done.code in (0, 3) else 0
        rows.append({
            "file": kind, "MB": round(path.stat().st_size / 1e6, 1), "read": read, "seconds": done.seconds, "per second": round(read / max(0.001, done.seconds)), "peak MiB": done.peak_mib,
            "start of it": start,
        })  # fmt: skip
    python, why = peers("python-libnmap", "scapy", "pandas", "openpyxl")
    if python is None:
        return [*rows, {"file": "peers", "note": f"skipped: {why}"}]
    done = subprocess.run([str(python), "-c", PEER, *(str(scratch / FILES[kind][0]) for kind in ("nmap", "pcap", "register.csv", "register.xlsx"))], capture_output=True, text=True, timeout=900)
    found = json.loads(done.stdout) if done.returncode == 0 else {}
    return [row | ({"peer per second": found[str(row["file"])][1]} if row["file"] in found else {"peer per second": ""}) for row in rows]


if __name__ == "__main__":
    print(table(run(int(sys.argv[1]) if len(sys.argv) > 1 else 20_000)))
