"""Lets pyHanko fill in the field "Name" of a form, as a later revision.

Arguments: input, output, what the value becomes, what the appearance shows.
"""
import sys

from pyhanko.pdf_utils import generic
from pyhanko.pdf_utils.generic import pdf_name
from pyhanko.pdf_utils.incremental_writer import IncrementalPdfFileWriter


def main():
    source, target, value, shown = sys.argv[1:]
    with open(source, "rb") as file:
        writer = IncrementalPdfFileWriter(file)
        form = writer.root["/AcroForm"]
        field = next(f.get_object() for f in form["/Fields"] if f.get_object().get("/T") == "Name")
        old = field["/AP"]["/N"]
        look = generic.StreamObject(
            {pdf_name(key): old[key] for key in ("/Type", "/Subtype", "/BBox", "/Resources")},
            stream_data=f"/Tx BMC BT /Helv 12 Tf 0 g 2 5 Td ({shown}) Tj ET EMC".encode())
        field["/V"] = generic.pdf_string(value)
        field["/AP"] = generic.DictionaryObject({pdf_name("/N"): writer.add_object(look)})
        writer.update_container(field)
        with open(target, "wb") as out:
            writer.write(out)


main()
