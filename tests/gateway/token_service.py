"""A token service of a test: gives fixed credentials to whoever presents the right web identity, over TLS.

    python3 token_service.py CERTIFICATE KEY IDENTITY ROLE CREDENTIALS

CREDENTIALS is the XML of the answer's <Credentials>. Prints its port, then a line per request: the action and whether it was granted.
"""

import http.server
import ssl
import sys
import urllib.parse

certificate, key, identity, role, credentials = sys.argv[1:]
PREFIX = "AssumeRoleWithWebIdentity"


class Service(http.server.BaseHTTPRequestHandler):
    def do_POST(self):
        asked = dict(urllib.parse.parse_qsl(urllib.parse.urlsplit(self.path).query))
        granted = (asked.get("Action"), asked.get("WebIdentityToken"), asked.get("RoleArn")) == (PREFIX, identity, role)
        print(asked.get("Action"), "granted" if granted else "refused", flush=True)
        body = f"<{PREFIX}Response><{PREFIX}Result>{credentials}</{PREFIX}Result></{PREFIX}Response>".encode()
        self.send_response(200 if granted else 403)
        self.send_header("Content-Length", str(len(body) if granted else 0))
        self.end_headers()
        if granted:
            self.wfile.write(body)

    def log_message(self, *_):
        pass


server = http.server.HTTPServer(("127.0.0.1", 0), Service)
context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
context.load_cert_chain(certificate, key)
server.socket = context.wrap_socket(server.socket, server_side=True)
print(server.server_port, flush=True)
server.serve_forever()
