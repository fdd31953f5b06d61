"""From the bytes of an answer to its records, piece by piece, in the memory of one piece.

packed          gzip, zip and zstd: what is packed, file by file
text            bytes to text, by encoding
broken          what cannot be read, and whether only its end is missing
piece           the types of what is handed on
json_lines      a JSON value in each line
csv_rows        a table as text
text_lines      lines that are records
xml_elements    elements that are records
json_windows    one JSON document that is too large to be read at once
kinds           which format an answer is in
answer_format   how the answers to one resource are read
chosen          the same for each resource of a connector
complaints      what is wrong with an answer, as a person reads it
looked_over     what its first and last bytes show
opened          an answer of a known format, piece by piece
reader          reads an answer: at once, or so that the page loop does, piece by piece
"""
