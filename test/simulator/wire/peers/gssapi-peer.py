"""
Logs on with python3-gssapi and sends documents. One JSON object on its input: host, port, principal (of the host), scheme (of HTTP), mechanism,
protocol (of the sealed bodies), documents; with ca (a file) over TLS and plain, with bind bound to that. Prints a JSON line an answer.
"""
import base64
import hashlib
import http.client
import json
import ssl
import struct
import sys

import gssapi
from gssapi.raw import IOV, IOVBufferType, unwrap_iov, wrap_iov

MECHANISMS = {"kerberos": "1.2.840.113554.1.2.2", "spnego": "1.3.6.1.5.5.2"}
BOUNDARY = b"--Encrypted Boundary"

request = json.load(sys.stdin)
if "ca" in request:
    tls = ssl.create_default_context(cafile=request["ca"])
    connection = http.client.HTTPSConnection(request["host"], request["port"], timeout=30, context=tls)
else:
    connection = http.client.HTTPConnection(request["host"], request["port"], timeout=30)
connection.connect()
bindings = None
if request.get("bind"):
    certificate = hashlib.sha256(connection.sock.getpeercert(True)).digest()
    bindings = gssapi.raw.ChannelBindings(application_data=b"tls-server-end-point:" + certificate)
context = gssapi.SecurityContext(
    name=gssapi.Name(request["principal"], gssapi.NameType.kerberos_principal),
    mech=gssapi.OID.from_int_seq(MECHANISMS[request["mechanism"]]),
    usage="initiate",
    channel_bindings=bindings,
)


def exchange(body, headers):
    connection.request("POST", "/wsman", body, headers)
    response = connection.getresponse()
    return response, response.read()


def log_on():
    token = context.step()
    while token:
        response, _ = exchange(b"", {"Authorization": request["scheme"] + " " + base64.b64encode(token).decode()})
        scheme, _, answer = (response.getheader("WWW-Authenticate") or "").partition(" ")
        token = context.step(base64.b64decode(answer)) if scheme == request["scheme"] and answer else None
    return response.status


def seal(document):
    parts = IOV(IOVBufferType.header, document.encode(), IOVBufferType.padding, std_layout=False)
    wrap_iov(context, parts, confidential=True)
    header, data, padding = (part.value or b"" for part in parts)
    return (
        BOUNDARY + b"\r\n\tContent-Type: " + request["protocol"].encode()
        + b"\r\n\tOriginalContent: type=application/soap+xml;charset=UTF-8;Length=%d\r\n" % len(document.encode())
        + BOUNDARY + b"\r\n\tContent-Type: application/octet-stream\r\n"
        + struct.pack("<I", len(header)) + header + data + padding + BOUNDARY + b"--\r\n"
    )


def unseal(body):
    sealed = body.split(b"application/octet-stream\r\n", 1)[1][: -len(BOUNDARY + b"--\r\n")]
    (length,) = struct.unpack("<I", sealed[:4])
    parts = IOV((IOVBufferType.header, False, sealed[4 : 4 + length]), sealed[4 + length :], std_layout=False)
    unwrap_iov(context, parts)
    return parts[1].value.decode()


status = log_on()
if not context.complete or status != 200:
    print(json.dumps({"logOn": status}))
    sys.exit()
content_type = 'multipart/encrypted;protocol="%s";boundary="Encrypted Boundary"' % request["protocol"]
for document in request["documents"]:
    if "ca" in request:
        response, body = exchange(document.encode(), {"Content-Type": "application/soap+xml;charset=UTF-8"})
        text = body.decode()
    else:
        response, body = exchange(seal(document), {"Content-Type": content_type})
        text = unseal(body) if body else ""
    print(json.dumps({"status": response.status, "contentType": response.getheader("Content-Type"), "body": text}))
