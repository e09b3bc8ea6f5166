"""Receives what consumers of events send: mails or POSTs.  Usage: sinks.py smtp|http FILE

Prints its port.  Appends each mail or request to FILE as a line of JSON.  While FILE.fail is there, it refuses.  Ends by
itself after five minutes.
"""
import http.server
import json
import os
import socketserver
import sys
import threading

kind, file = sys.argv[1:]


def note(**what):
    refused = os.path.exists(file + ".fail")
    with open(file, "a", encoding="utf-8") as out:
        print(json.dumps(dict(what, refused=refused)), file=out)
    return refused


class Mail(socketserver.StreamRequestHandler):
    def handle(self):
        self.say("220 sink")
        mail = {"to": []}
        for line in self.rfile:
            verb = line.decode().split(":")[0].split()[0].upper()
            if verb == "DATA":
                self.say("354 go on")
                mail["text"] = self.text()
                self.say("451 not now" if note(**mail) else "250 accepted")
                mail = {"to": []}
            elif verb == "QUIT":
                return self.say("221 bye")
            else:
                if verb == "RCPT":
                    mail["to"].append(line.decode().split(":", 1)[1].split()[0])
                self.say("250 sink")

    def text(self):
        lines = iter(self.rfile.readline, b".\r\n")
        return b"".join(lines).decode()

    def say(self, text):
        self.wfile.write(text.encode() + b"\r\n")


class Post(http.server.BaseHTTPRequestHandler):
    def do_POST(self):
        body = self.rfile.read(int(self.headers["Content-Length"])).decode()
        if self.path == "/moved":
            self.send_response(302)
            self.send_header("Location", "/")
        else:
            self.send_response(503 if note(headers=dict(self.headers), body=body) else 204)
        self.end_headers()

    def do_GET(self):
        note(method="GET")
        self.send_response(200)
        self.end_headers()

    def log_message(self, *arguments):
        pass


threading.Timer(300, os._exit, [0]).start()
server = socketserver.TCPServer(("127.0.0.1", 0), Mail) if kind == "smtp" else http.server.HTTPServer(("127.0.0.1", 0), Post)
print(server.server_address[1], flush=True)
server.serve_forever()
