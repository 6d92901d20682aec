"""Sends documents by python3-winrm. One JSON object on its input: arguments of winrm.protocol.Protocol, and documents. Prints a JSON line an answer."""
import json
import sys

from winrm.protocol import Protocol

request = json.load(sys.stdin)
protocol = Protocol(**request["connection"])
for document in request["documents"]:
    try:
        body = protocol.send_message(document)
        answer = {"body": body.decode() if isinstance(body, bytes) else body}
    except Exception as error:
        answer = {"error": type(error).__name__, "words": str(error)}
    print(json.dumps(answer))
