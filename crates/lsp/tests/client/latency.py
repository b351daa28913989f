"""Times `tapir lsp` from a change to what is published of it.

usage: latency.py BINARY RULES...     the files are opened, and the longest is changed
"""

import json
import pathlib
import statistics
import subprocess
import sys
import time

CHANGES = 101


class Server:
    def __init__(self, binary):
        self.process = subprocess.Popen(
            [binary, "lsp"], stdin=subprocess.PIPE, stdout=subprocess.PIPE
        )
        self.send({"id": 1, "method": "initialize", "params": {"capabilities": {}}})
        self.receive()
        self.tell("initialized", {})

    def send(self, message):
        body = json.dumps({"jsonrpc": "2.0", **message}).encode()
        self.process.stdin.write(b"Content-Length: %d\r\n\r\n%s" % (len(body), body))
        self.process.stdin.flush()

    def tell(self, method, params):
        self.send({"method": method, "params": params})

    def receive(self):
        length = 0
        while (line := self.process.stdout.readline().strip()) or not length:
            if not line and self.process.poll() is not None:
                sys.exit("the server ended")
            if line.lower().startswith(b"content-length:"):
                length = int(line.split(b":")[1])
        return json.loads(self.process.stdout.read(length))

    def told(self, uri):
        """Waits for what is published of a file."""
        while True:
            message = self.receive()
            if message.get("method") == "textDocument/publishDiagnostics":
                if message["params"]["uri"] == uri:
                    return

    def open(self, uri, text):
        document = {"uri": uri, "languageId": "rules", "version": 1, "text": text}
        self.tell("textDocument/didOpen", {"textDocument": document})
        self.told(uri)

    def change(self, uri, version, line, character, length, text):
        start = {"line": line, "character": character}
        end = {"line": line, "character": character + length}
        self.tell(
            "textDocument/didChange",
            {
                "textDocument": {"uri": uri, "version": version},
                "contentChanges": [{"range": {"start": start, "end": end}, "text": text}],
            },
        )
        self.told(uri)


def timed(work):
    begin = time.perf_counter()
    work()
    return (time.perf_counter() - begin) * 1000


def main(arguments):
    binary, *files = arguments
    paths = [pathlib.Path(file).resolve() for file in files]
    texts = {path.as_uri(): path.read_text("utf-8", "replace") for path in paths}
    longest = max(texts, key=lambda uri: len(texts[uri]))
    server = Server(binary)
    opened = timed(lambda: [server.open(uri, text) for uri, text in texts.items()])
    lines = texts[longest].split("\n")
    rules = [at for at, line in enumerate(lines) if line.startswith("alert") and 'msg:"' in line]
    times = []
    for turn in range(CHANGES):
        line = rules[(turn + 1) * len(rules) // (CHANGES + 1)]
        character = lines[line].index('msg:"') + 5
        times.append(timed(lambda: server.change(longest, turn + 2, line, character, 0, "x")))
    print(
        f"{len(texts)} files, the longest {len(texts[longest]) / 1e6:.1f} MB with {len(rules)} rules in force; "
        f"opened in {opened:.0f} ms; first change {times[0]:.1f} ms, "
        f"median {statistics.median(times):.1f} ms, longest {max(times):.1f} ms"
    )
    server.process.kill()


main(sys.argv[1:])
