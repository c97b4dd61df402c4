"""Cameras and recorders that are not there: sockets that answer as real devices do, on whatever addresses they are given.

Forms as in docs/readers/device_sadp.md, device_dhip.md, device_dahua1.md, device_wsd.md; header lines, realms and habits as public captures show them (upper-case header names of Dahua, no Server header,
RTSP dates with two spaces). They answer raw bytes and keep a connection open on an empty read. Run as a program they serve until they are ended: ``devices_fake.py HIK DAHUA PRINTER PORTS..``.
"""

from __future__ import annotations

import contextlib
import socket
import struct
import sys
import threading
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field

GROUP, DHIP_GROUP = "239.255.255.250", "239.255.255.251"
Answer = Callable[[bytes], bytes]


@dataclass
class Fake:
    """One device: its address, what it answers over UDP (port -> answer) and TCP (port -> answer), and what it was asked."""

    host: str
    udp: dict[int, Answer]
    tcp: dict[int, Answer]
    groups: dict[int, str] = field(default_factory=dict)
    asked: list[tuple[int, bytes]] = field(default_factory=list)

    @contextlib.contextmanager
    def running(self) -> Iterator[Fake]:
        """Serve until the block ends."""
        stop, threads, sockets = threading.Event(), list[threading.Thread](), list[socket.socket]()
        try:
            for port, answer in self.udp.items():
                for one in self._datagram_sockets(port):
                    sockets.append(one)
                    threads.append(threading.Thread(target=self._udp, args=(one, port, answer, stop), daemon=True))
            for port, answer in self.tcp.items():
                one = socket.socket()
                one.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
                one.bind((self.host, port))
                one.listen(20)
                one.settimeout(0.1)
                sockets.append(one)
                threads.append(threading.Thread(target=self._tcp, args=(one, port, answer, stop), daemon=True))
            for thread in threads:
                thread.start()
            yield self
        finally:
            stop.set()
            for thread in threads:
                thread.join(2)
            for one in sockets:
                one.close()

    def _datagram_sockets(self, port: int) -> Iterator[socket.socket]:
        """A socket on the device's own address, and one that hears the group (or broadcasts)."""
        for where in (self.host, self.groups.get(port, "")):
            if where == "" and port not in self.groups:
                continue
            one = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
            one.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            if where not in ("", self.host):
                one.setsockopt(socket.IPPROTO_IP, socket.IP_ADD_MEMBERSHIP, socket.inet_aton(where) + socket.inet_aton(self.host))
            one.bind((where, port))
            one.settimeout(0.1)
            yield one

    def _udp(self, one: socket.socket, port: int, answer: Answer, stop: threading.Event) -> None:
        with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as mouth:
            mouth.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            mouth.bind((self.host, 0))
            while not stop.is_set():
                try:
                    question, sender = one.recvfrom(65535)
                except TimeoutError:
                    continue
                self.asked.append((port, question))
                if said := answer(question):
                    mouth.sendto(said, sender)

    def _tcp(self, one: socket.socket, port: int, answer: Answer, stop: threading.Event) -> None:
        while not stop.is_set():
            try:
                talk, _ = one.accept()
            except TimeoutError:
                continue
            threading.Thread(target=self._talk, args=(talk, port, answer), daemon=True).start()

    def _talk(self, talk: socket.socket, port: int, answer: Answer) -> None:
        with talk, contextlib.suppress(OSError):
            talk.settimeout(5)
            while question := talk.recv(65535):
                self.asked.append((port, question))
                said = answer(question)
                talk.sendall(said)
                if b"close" in said.lower():
                    return


def _http(status: str, headers: str, body: str = "") -> bytes:
    return f"HTTP/1.1 {status}\r\n{headers}Content-Length: {len(body.encode())}\r\nConnection: close\r\n\r\n{body}".encode()


def sadp(host: str, model: str, serial: str, mac: str) -> Answer:
    """Answers inquiry with CRLF lines, as the platform does; nothing else."""

    def answer(question: bytes) -> bytes:
        if b"<Types>inquiry</Types>" not in question:
            return b""
        fields = {
            "Uuid": question.split(b"<Uuid>")[1].split(b"<")[0].decode(), "Types": "inquiry", "DeviceType": "139011", "DeviceDescription": model, "DeviceSN": serial, "CommandPort": "8000", "HttpPort": "80",
            "MAC": mac.replace(":", "-"), "IPv4Address": host, "SoftwareVersion": "V5.5.82build 190909", "DSPVersion": "V7.3 build 190909", "Activated": "true", "OEMCode": "1", "DetailOEMCode": "1",
        }  # fmt: skip
        return ('<?xml version="1.0" encoding="UTF-8"?>\r\n<ProbeMatch>' + "\r\n".join(f"<{k}>{v}</{k}>" for k, v in fields.items()) + "\r\n</ProbeMatch>\r\n").encode()

    return answer


def wsd(host: str, scopes: str, types: str, prefix: str = "wsdd") -> Answer:
    """Answers a Probe of 2005/04 with one match."""

    def answer(question: bytes) -> bytes:
        if b"ws/2005/04/discovery" not in question or b"Probe" not in question or (b"NetworkVideo" in question and "NetworkVideo" not in types):
            return b""
        related = question.split(b"MessageID>")[1].split(b"<")[0].decode()
        return (
            f'<?xml version="1.0"?><E:Envelope xmlns:E="http://www.w3.org/2003/05/soap-envelope" xmlns:a="http://schemas.xmlsoap.org/ws/2004/08/addressing" '
            f'xmlns:{prefix}="http://schemas.xmlsoap.org/ws/2005/04/discovery" xmlns:dn="http://www.onvif.org/ver10/network/wsdl"><E:Header><a:MessageID>urn:uuid:1</a:MessageID>'
            f"<a:RelatesTo>{related}</a:RelatesTo><a:To>http://schemas.xmlsoap.org/ws/2004/08/addressing/role/anonymous</a:To>"
            f"<a:Action>http://schemas.xmlsoap.org/ws/2005/04/discovery/ProbeMatches</a:Action></E:Header><E:Body><{prefix}:ProbeMatches><{prefix}:ProbeMatch><a:EndpointReference>"
            f"<a:Address>urn:uuid:fake-{host}</a:Address></a:EndpointReference><{prefix}:Types>{types}</{prefix}:Types><{prefix}:Scopes>{scopes}</{prefix}:Scopes>"
            f"<{prefix}:XAddrs>http://{host}/onvif/device_service</{prefix}:XAddrs><{prefix}:MetadataVersion>10</{prefix}:MetadataVersion></{prefix}:ProbeMatch></{prefix}:ProbeMatches></E:Body></E:Envelope>"
        ).encode()

    return answer


def dhip(host: str, model: str, serial: str, mac: str) -> Answer:
    """Answers DHDiscover.search in the form of the wire; the vendor is General, as on units sold under other names."""

    def answer(question: bytes) -> bytes:
        if not question.startswith(b"\x20\0\0\0DHIP") or b"DHDiscover.search" not in question:
            return b""
        body = (
            f'{{"mac":"{mac}","method":"client.notifyDevInfo","params":{{"deviceInfo":{{"DeviceClass":"IPC","DeviceType":"{model}","HttpPort":80,"IPv4Address":{{"IPAddress":"{host}"}},'
            f'"MachineName":"Janes desk","Port":37777,"SerialNo":"{serial}","Vendor":"General","Version":"2.800.0000000.16.R"}}}}}}\n'
        ).encode()
        return b"\x20\0\0\0DHIP" + bytes(8) + struct.pack("<IIII", len(body), 0, len(body), 0) + body

    return answer


def dahua1(host: str, model: str, serial: str, mac: str) -> Answer:
    """Answers the older search."""

    def answer(question: bytes) -> bytes:
        if question[:4] != b"\xa3\x01\0\x01":
            return b""
        head = bytearray(0x78)
        head[0], head[4] = 0xB3, 0x58
        head[0x28 : 0x28 + min(15, len(model))] = model.encode()[:15]
        head[0x38:0x3C] = socket.inet_aton(host)
        return bytes(head) + f"{mac}{model}Name:PZ\r\nDevice:{model}\r\nSerialNo:{serial}\r\n\r\n".encode()

    return answer


def hikvision_web(question: bytes) -> bytes:
    """The page with its Server line; 401 with the realm below /ISAPI."""
    if b" /ISAPI/" in question:
        realm = 'Digest qop="auth", realm="IP Camera(C2183)", nonce="4e5468", stale="FALSE"'
        return _http("401 Unauthorized", f"Date: Fri, 01 Jan 2021 00:00:00 GMT\r\nServer: webserver\r\nWWW-Authenticate: {realm}\r\n")
    return _http("200 OK", "Server: App-webs/\r\nContent-Type: text/html\r\n", "<html><head><title>index</title></head></html>")


def dahua_web(question: bytes) -> bytes:
    """No Server line, names in capitals, the serial number in the realm; the title of the login page."""
    if b" /cgi-bin/" in question or b" /ISAPI" in question:
        return b'HTTP/1.1 401 Unauthorized\r\nWWW-AUTHENTICATE: Digest realm="Login to 6Z00000PAZ00002", nonce="ec36"\r\nCONNECTION: close\r\nCONTENT-LENGTH: 0\r\n\r\n'
    return b"HTTP/1.1 200 OK\r\nCONTENT-TYPE: text/html\r\nCONNECTION: close\r\n\r\n<html><head><title>WEB SERVICE</title></head></html>"


def hikvision_rtsp(question: bytes) -> bytes:
    """OPTIONS with the list of methods, DESCRIBE with a realm, the date with two spaces."""
    number = question.split(b"CSeq: ")[1].split(b"\r")[0].decode() if b"CSeq: " in question else "1"
    if question.startswith(b"OPTIONS"):
        return f"RTSP/1.0 200 OK\r\nCSeq: {number}\r\nPublic: OPTIONS, DESCRIBE, PLAY, PAUSE, SETUP, TEARDOWN, SET_PARAMETER, GET_PARAMETER\r\nDate:  Fri, Jan 01 2021 00:00:00 GMT\r\n\r\n".encode()
    return f'RTSP/1.0 401 Unauthorized\r\nCSeq: {number}\r\nWWW-Authenticate: Digest realm="IP Camera(C2183)", nonce="93", stale="FALSE"\r\n\r\n'.encode()


def dahua_rtsp(question: bytes) -> bytes:
    """The server's name at once."""
    return b'RTSP/1.0 401 Unauthorized\r\nCSeq: 1\r\nServer: Dahua Rtsp Server\r\nWWW-Authenticate: Basic realm="device"\r\n\r\n'


def hikvision(host: str, http: int, rtsp: int) -> Fake:
    """A camera of Hikvision's platform, sold as it is."""
    scopes = "onvif://www.onvif.org/type/video_encoder onvif://www.onvif.org/name/HIKVISION%20DS-2CD2099ZZ-I onvif://www.onvif.org/hardware/DS-2CD2099ZZ-I onvif://www.onvif.org/MAC/c0:56:e3:00:00:01"
    serial = "DS-2CD2099ZZ-I20200101AAWR000000001"
    udp = {37020: sadp(host, "DS-2CD2099ZZ-I", serial, "c0:56:e3:00:00:01"), 3702: wsd(host, scopes, "dn:NetworkVideoTransmitter tds:Device")}
    return Fake(host, udp, {http: hikvision_web, rtsp: hikvision_rtsp}, {37020: GROUP, 3702: GROUP})


def dahua(host: str, http: int, rtsp: int) -> Fake:
    """A camera of Dahua's platform, sold under another name."""
    mac, serial = "38:af:29:00:00:02", "6Z00000PAZ00002"
    udp = {37810: dhip(host, "EX-IPC-2", serial, mac), 5050: dahua1(host, "EX-IPC-2", serial, mac)}
    return Fake(host, udp, {http: dahua_web, rtsp: dahua_rtsp}, {37810: DHIP_GROUP, 5050: ""})


def printer(host: str) -> Fake:
    """A printer that answers to WS-Discovery."""
    return Fake(host, {3702: wsd(host, "ldap:///ou=print", "wprt:PrintDeviceType", "d")}, {}, {3702: GROUP})


def main() -> None:
    """Serve a Hikvision, a Dahua and a printer on the given addresses."""
    one, other, third, http, rtsp = sys.argv[1:6]
    with hikvision(one, int(http), int(rtsp)).running(), dahua(other, int(http), int(rtsp)).running(), printer(third).running():
        print("ready", flush=True)
        sys.stdin.read()


if __name__ == "__main__":
    main()
