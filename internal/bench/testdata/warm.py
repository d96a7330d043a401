"""Lets pyHanko validate one PDF often in one process: see warm.go.

Argument: the trust anchor. The answers come from the file, never the network.
"""
import sys
import time

from pyhanko.keys import load_cert_from_pemder
from pyhanko.pdf_utils.reader import PdfFileReader
from pyhanko.sign.validation import validate_pdf_signature
from pyhanko.sign.validation.dss import DocumentSecurityStore


def validate(path, anchor):
    with open(path, "rb") as file:
        reader = PdfFileReader(file)
        signature = reader.embedded_signatures[0]
        context = DocumentSecurityStore.read_dss(reader).as_validation_context(
            {"trust_roots": [anchor], "allow_fetching": False, "revocation_mode": "hard-fail",
             "retroactive_revinfo": True})
        return validate_pdf_signature(signature, context).bottom_line


def main():
    anchor = load_cert_from_pemder(sys.argv[1])
    for line in sys.stdin:
        _, count, path = line.rstrip("\n").split("\t")
        start = time.process_time_ns()
        good = all([validate(path, anchor) for _ in range(int(count))])
        took = time.process_time_ns() - start
        print(f"ANSWER\tok\t{took}" if good else "ANSWER\tno\tnot valid", flush=True)


main()
