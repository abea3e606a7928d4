#!/usr/bin/env python3
"""Packs nasbench201.csv into the two tables beside this file.

    python3 pack_nasbench201.py nasbench201.csv

nasbench201-index.bin: 15625 uint16, little-endian: at NAS-Bench-201's index, the six operations as a base-5 number,
    edges in the order of the string, first edge most significant; none 0, skip_connect 1, nor_conv_1x1 2,
    nor_conv_3x3 3, avg_pool_3x3 4.
nasbench201-accuracy.bin: 15625 records of six uint24, little-endian: accuracy in units of 0.0001 percent, columns
    cifar10_test, cifar10_valid, cifar100_test, cifar100_valid, imagenet16_test, imagenet16_valid.
"""
import csv
import pathlib
import struct
import sys

OPERATIONS = ["none", "skip_connect", "nor_conv_1x1", "nor_conv_3x3", "avg_pool_3x3"]
COLUMNS = [f"{data_set}_{split}" for data_set in ("cifar10", "cifar100", "imagenet16") for split in ("test", "valid")]


def code(text):
    number = 0
    for node in text.split("+"):
        for edge in node.strip("|").split("|"):
            number = number * 5 + OPERATIONS.index(edge.rsplit("~", 1)[0])
    return number


rows = sorted(csv.DictReader(open(sys.argv[1])), key=lambda row: int(row["index"]))
assert [int(row["index"]) for row in rows] == list(range(15625))
codes = [code(row["arch"]) for row in rows]
assert len(set(codes)) == 15625
folder = pathlib.Path(__file__).parent
(folder / "nasbench201-index.bin").write_bytes(struct.pack("<15625H", *codes))
values = [round(float(row[column]) * 10000) for row in rows for column in COLUMNS]
assert all(0 < value <= 1_000_000 for value in values)
(folder / "nasbench201-accuracy.bin").write_bytes(b"".join(value.to_bytes(3, "little") for value in values))
