#!/usr/bin/env python3
"""The networks of a folder that export_all.py wrote, written by PyTorch's own exporter (TorchScript).

    export_torchscript.py DIR OUT [--reference shared/reference] [--seconds 120] [name ...]

OUT gets files of the same names. Weights of convolutions and linear layers refer to a weights.bin that does not exist,
as in the cases of shared/reference/networks; the JSON is DIR's with other `onnx` and `weights`. Each network is a
process of its own, which ends after some time: tracing large networks takes long and much memory.
"""

import argparse
import io
import json
import logging
import os
import pathlib
import subprocess
import sys
import time
import warnings

# Images and the reference, where they lie beside the repository.
SHARED = pathlib.Path(__file__).resolve().parents[3] / "shared"

os.environ.setdefault("OMP_NUM_THREADS", "1")
warnings.filterwarnings("ignore")
logging.disable(logging.CRITICAL)
HERE = pathlib.Path(__file__).resolve().parent
LARGEST = 250_000_000  # a protocol buffer ends at 2 GiB, and this exporter writes all weights first


def export_one(case_path, out, reference):
    sys.path[:0] = [str(HERE), str(reference), str(reference / "networks")]
    import export_all
    import import_reference
    import onnx
    import torch

    torch.set_num_threads(1)
    case = json.loads(case_path.read_text())
    name = case["case"]
    torch.manual_seed(case["seed"])
    network, _ = export_all.build(name.replace("_", ":", 1))
    drawn = import_reference.initialise(network, case["seed"])
    images = torch.randn(2, 3, 32 * case["upscale"], 32 * case["upscale"])
    file = io.BytesIO()
    torch.onnx.export(
        import_reference.mode(network), (images,), file, dynamo=False, do_constant_folding=False,
        training=torch.onnx.TrainingMode.PRESERVE, input_names=["image"], output_names=["logits"],
        dynamic_axes={"image": {0: "n"}, "logits": {0: "n"}},
    )  # fmt: skip
    model = onnx.load_from_string(file.getvalue())
    offset = 0
    for tensor in model.graph.initializer:
        if tensor.name in drawn:
            length = len(tensor.raw_data)
            tensor.ClearField("raw_data")
            tensor.data_location = onnx.TensorProto.EXTERNAL
            for key, value in (("location", "weights.bin"), ("offset", offset), ("length", length)):
                tensor.external_data.add(key=key, value=str(value))
            offset += length
    onnx.save(model, out / f"{name}.onnx")
    operators = {}
    for node in model.graph.node:
        operators[node.op_type] = operators.get(node.op_type, 0) + 1
    case |= {"onnx": f"{name}.onnx", "weights": "external", "ops": operators, "opset": model.opset_import[0].version}
    case["bytes"] = (out / f"{name}.onnx").stat().st_size
    (out / f"{name}.json").write_text(json.dumps(case))


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("dir", type=pathlib.Path)
    parser.add_argument("out", type=pathlib.Path)
    parser.add_argument("names", nargs="*")
    parser.add_argument("--reference", type=pathlib.Path, default=SHARED / "reference")
    parser.add_argument("--seconds", type=float, default=120)
    parser.add_argument("--one", action="store_true", help="in this process")
    options = parser.parse_intermixed_args()
    options.out.mkdir(parents=True, exist_ok=True)
    names = [name.replace(":", "_") for name in options.names]
    cases = [options.dir / f"{name}.json" for name in names] or sorted(options.dir.glob("*.json"))
    if options.one:
        return export_one(cases[0], options.out, options.reference)
    failed = []
    for case in cases:
        if (options.out / case.name).exists():
            continue
        started = time.time()
        if json.loads(case.read_text())["parameters"] > LARGEST:
            print(f"{case.stem:40} too large for this exporter", flush=True)
            failed.append(case.stem)
            continue
        command = [sys.executable, __file__, str(options.dir), str(options.out), case.stem, "--one"]
        command += ["--reference", str(options.reference)]
        try:
            result = subprocess.run(command, capture_output=True, text=True, timeout=options.seconds)
            problem = (result.stderr.strip().splitlines() or ["no message"])[-1][:200] if result.returncode else None
        except subprocess.TimeoutExpired:
            problem = f"more than {options.seconds:.0f} s"
        print(f"{case.stem:40} {problem or 'exported'} {time.time() - started:.1f} s", flush=True)
        if problem:
            failed.append(case.stem)
    print(f"{len(cases) - len(failed)} exported, {len(failed)} failed: {' '.join(failed)}")
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
