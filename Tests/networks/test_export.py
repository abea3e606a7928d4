#!/usr/bin/env python3
"""What the exporter does with the odd things that networks do. Needs torch, numpy, onnx and onnxruntime."""

import pathlib
import sys
import unittest

HERE = pathlib.Path(__file__).resolve().parent
sys.path.insert(0, str(HERE.parents[1] / "Python"))

import numpy as np  # noqa: E402
import onnx  # noqa: E402
import onnxruntime  # noqa: E402
import torch  # noqa: E402
import torch.nn.functional as functional  # noqa: E402
from epads import ExportError, export  # noqa: E402
from torch import nn  # noqa: E402

torch.set_num_threads(1)


class Doing(nn.Module):
    """A module that does what a function says, with layers by name."""

    def __init__(self, function, **layers):
        super().__init__()
        self.function = function
        for name, layer in layers.items():
            setattr(self, name, layer)

    def forward(self, x):
        return self.function(self, x)


def checked(module, shape=(4, 8, 8)):
    """The model without weights; the file with weights computes what the module does, for another number of images."""
    before = {name: tensor.clone() for name, tensor in module.state_dict().items()}
    model = onnx.load_from_string(export(module, shape))
    onnx.checker.check_model(model, full_check=True)
    for name, tensor in module.state_dict().items():
        assert torch.equal(tensor, before[name]), f"{name} was changed"
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads, options.log_severity_level = 1, 3
    data = export(module, shape, weights=True)
    session = onnxruntime.InferenceSession(data, options, providers=["CPUExecutionProvider"])
    images = torch.randn(5, *shape, generator=torch.Generator().manual_seed(1))
    training = module.training
    module.eval()
    with torch.no_grad():
        wanted = module(images)
    module.train(training)
    wanted = [wanted] if isinstance(wanted, torch.Tensor) else list(wanted)
    for got, want in zip(session.run(None, {"image": images.numpy()}), wanted, strict=True):
        np.testing.assert_allclose(got, want.numpy(), rtol=1e-4, atol=1e-5)
    return model


def operators(model):
    return [node.op_type for node in model.graph.node]


def sites(model):
    return [node.name for node in model.graph.node if node.name.startswith("activation.") and node.name.count(".") == 2]


class Sites(unittest.TestCase):
    def test_every_function(self):
        functions = [
            ("relu", functional.relu), ("relu6", functional.relu6), ("leaky_relu", functional.leaky_relu),
            ("silu", functional.silu), ("gelu", functional.gelu), ("hardswish", functional.hardswish),
            ("elu", functional.elu), ("mish", functional.mish), ("celu", lambda x: functional.celu(x, 0.5)),
            ("elu", functional.selu), ("gelu", lambda x: functional.gelu(x, approximate="tanh")),
            ("relu6", lambda x: functional.hardtanh(x, 0, 1)),
            ("relu", lambda x: functional.relu(x.clone(), inplace=True)),
        ]  # fmt: skip

        def run(self, x):
            return torch.cat([function(x) for _, function in functions], 1)

        expected = [f"activation.{index}.{name}" for index, (name, _) in enumerate(functions)]
        self.assertEqual(sites(checked(Doing(run))), expected)

    def test_slopes_of_prelu_are_an_input(self):
        model = checked(Doing(lambda self, x: self.one(self.many(x)), one=nn.PReLU(), many=nn.PReLU(4)))
        self.assertEqual(sites(model), ["activation.0.prelu", "activation.1.prelu"])
        self.assertEqual({each.name for each in model.graph.input}, {"image", "one.weight", "many.weight"})

    def test_gates_are_no_sites(self):
        def run(self, x):
            gate = torch.sigmoid(x) * x + functional.hardsigmoid(x) * x + functional.hardtanh(x) + x.clamp(0, 6)
            return functional.silu(gate)

        model = checked(Doing(run))
        self.assertEqual(sites(model), ["activation.0.silu"])
        self.assertIn("activation.0.silu.product", [node.name for node in model.graph.node])

    def test_a_site_that_nothing_reads_stays(self):
        model = checked(Doing(lambda self, x: (functional.relu(x * 2), x + 1)[1]))
        self.assertEqual(sites(model), ["activation.0.relu"])

    def test_one_module_called_twice(self):
        model = checked(Doing(lambda self, x: self.act(self.act(x) - 1), act=nn.ReLU()))
        notes = [node.doc_string for node in model.graph.node if node.op_type == "Relu"]
        self.assertEqual(notes, ["act ReLU call 0", "act ReLU call 1"])


class Parameters(unittest.TestCase):
    def test_what_is_in_the_file(self):
        class Scaled(nn.Module):
            def __init__(self):
                super().__init__()
                self.conv, self.norm = nn.Conv2d(4, 6, 1), nn.BatchNorm2d(6)
                self.scale = nn.Parameter(torch.full((6, 1, 1), 0.1))
                self.register_buffer("shift", torch.randn(6, 1, 1))
                self.norm.running_mean.normal_()

            def forward(self, x):
                return self.norm(self.conv(x)) * self.scale + self.shift

        model = checked(Scaled())
        given = [each.name for each in model.graph.input]
        expected = ["conv.weight", "conv.bias", "norm.weight", "norm.bias", "norm.running_mean", "norm.running_var"]
        self.assertEqual(given, ["image", *expected])
        self.assertEqual({each.name for each in model.graph.initializer}, {"scale", "shift"})
        self.assertEqual(model.metadata_props[0].value.split("\n"), ["conv.bias", "conv.weight"])

    def test_shared_weights_have_the_first_name(self):
        first, second = nn.Linear(8, 8), nn.Linear(8, 8)
        second.weight = first.weight
        model = checked(Doing(lambda self, x: self.second(self.first(x)), first=first, second=second))
        self.assertEqual([each.name for each in model.graph.input][1:], ["first.weight", "first.bias", "second.bias"])

    def test_linear_layers(self):
        flat = checked(Doing(lambda self, x: self.fc(x.flatten(1)), fc=nn.Linear(256, 3)))
        self.assertEqual(operators(flat), ["Flatten", "Gemm"])
        deep = checked(Doing(lambda self, x: self.fc(x), fc=nn.Linear(8, 3)))
        self.assertEqual(operators(deep), ["Transpose", "MatMul", "Add"])

    def test_normalisation_without_statistics(self):
        norm = nn.BatchNorm2d(4, affine=False)
        model = checked(Doing(lambda self, x: self.norm(x), norm=norm))
        self.assertEqual([each.name for each in model.graph.input], ["image", "norm.running_mean", "norm.running_var"])

    def test_standardised_weights(self):
        def run(self, x):
            weight = self.conv.weight
            weight = functional.batch_norm(weight.reshape(1, 4, -1), None, None, training=True).reshape_as(weight)
            return functional.conv2d(x, weight)

        self.assertIn("conv.weight", [each.name for each in checked(Doing(run, conv=nn.Conv2d(4, 4, 3))).graph.input])


class Shapes(unittest.TestCase):
    def test_a_token_for_every_image(self):
        class Token(nn.Module):
            def __init__(self):
                super().__init__()
                self.token = nn.Parameter(torch.randn(1, 1, 8))

            def forward(self, x):
                x = x.flatten(2).transpose(1, 2).reshape(len(x), -1, 8)
                return torch.cat([self.token.expand(len(x), -1, -1), x], 1)

        self.assertIn("Expand", operators(checked(Token())))

    def test_a_mask_for_every_window(self):
        def run(self, x):
            windows = x.reshape(len(x), 4, 2, 4, 2, 4).permute(0, 2, 4, 1, 3, 5).reshape(-1, 4, 4, 4)
            mask = torch.arange(4.0).reshape(4, 1, 1, 1)
            windows = windows.view(-1, 4, 4, 4, 4) + mask
            return windows.view(-1, 4, 4, 4).flatten(1) + mask.repeat(len(x), 1, 1, 1).flatten(1)

        checked(Doing(run))

    def test_pools_whose_windows_differ(self):
        checked(Doing(lambda self, x: functional.adaptive_avg_pool2d(x, (3, 5))))
        checked(Doing(lambda self, x: functional.adaptive_avg_pool2d(x.mean((2, 3), keepdim=True), 7)))
        model = checked(Doing(lambda self, x: functional.adaptive_avg_pool2d(x, (2, 4))))
        self.assertEqual(operators(model), ["AveragePool"])

    def test_parts(self):
        def run(self, x):
            first, second = x.chunk(2, 1)
            third = torch.stack([x[:, 0], x[:, -1]], 1)[:, :, 1:7:2]
            return torch.cat([first.roll(3, 2) + second.flip(3), third.repeat(1, 1, 3, 1)[:, :, :8]], 1)

        checked(Doing(run))

    def test_windows(self):
        checked(Doing(lambda self, x: functional.unfold(x, (3, 2), dilation=2, padding=(1, 2), stride=(2, 1))))
        checked(Doing(lambda self, x: x.unfold(2, 3, 2)))

    def test_sizes_of_images(self):
        checked(Doing(lambda self, x: functional.interpolate(x, scale_factor=2)))
        checked(Doing(lambda self, x: functional.interpolate(x, size=(13, 5), mode="bilinear")))
        checked(Doing(lambda self, x: functional.interpolate(x, size=(13, 5), mode="bilinear", align_corners=True)))
        checked(Doing(lambda self, x: functional.interpolate(x, size=(13, 5), mode="bicubic")))
        checked(Doing(lambda self, x: functional.pad(x, (1, 2, 3, 0), mode="reflect")))
        checked(Doing(lambda self, x: functional.pad(x, (1, -2, 3, 0), value=2.0)))
        checked(Doing(lambda self, x: functional.pixel_unshuffle(functional.pixel_shuffle(x, 2), 4)))

    def test_several_results(self):
        self.assertEqual(len(checked(Doing(lambda self, x: (x + 1, x, x * 2))).graph.output), 3)


class InPlace(unittest.TestCase):
    def test_a_view_of_what_changed(self):
        def run(self, x):
            y = x * 2
            flat = y.view(len(y), -1)
            y.add_(1)
            return flat * 3

        checked(Doing(run))

    def test_parts_that_are_written(self):
        def run(self, x):
            out = torch.zeros(len(x), 8, 8, 8)
            out[:, :4] = x
            out[:, 4:6] = x[:, :2].relu()
            y = x * 1
            y[:, 1:3] *= 2
            return torch.cat([out, y], 1)

        checked(Doing(run))

    def test_a_box_that_is_written(self):
        def run(self, x):
            out = x * 1
            out[:, 1:3, 2:5, :-1] = x[:, 2:, 1:4, 1:] + 1
            out[..., 0] = 0.5
            return out

        checked(Doing(run))
        checked(nn.CircularPad2d(1))

    def test_another_part_than_the_one_that_changed(self):
        def run(self, x):
            first, second = (x * 2).chunk(2, 1)
            functional.relu(first, inplace=True)
            return first + second

        checked(Doing(run))


class Arithmetic(unittest.TestCase):
    def test_elements(self):
        def run(self, x):
            y = (x.abs() + 1).rsqrt() + (2 - x) / 3 + 1 / (x.exp() + 1) - x.pow(2) + x.square().sqrt() + x.tanh()
            y = torch.where(x > 0, y, -x).clamp(-2) + x.clamp(max=1.5) + functional.softplus(x) + torch.maximum(x, y)
            y = y.masked_fill(torch.eye(8, dtype=torch.bool), -1.0) + torch.add(x, y, alpha=0.5) + torch.rsub(x, 1)
            return torch.addcmul(y, x, y, value=0.1) + functional.glu(torch.cat([x, y], 1), 1) + torch.ones_like(x)

        checked(Doing(run))

    def test_reductions(self):
        def run(self, x):
            y = x.mean((2, 3)) + x.sum((2, 3)) + x.amax((2, 3)) + x.max(2)[0].amin(-1) + x.var((2, 3))
            deviation, mean = torch.std_mean(x, (2, 3), correction=0)
            norm = functional.normalize(x, dim=1).mean((2, 3)) + x.norm(dim=(2, 3)) * 0.1
            return torch.cat([y, deviation + mean, norm, x.mean().expand(len(x), 1) * 0], 1)

        checked(Doing(run))

    def test_products(self):
        def run(self, x):
            y = torch.einsum("bchw,bcxw->bchx", x, x) @ x
            return torch.baddbmm(y[:, 0], x[:, 1], x[:, 2], beta=0.5, alpha=2) + torch.bmm(x[:, 1], x[:, 3])

        checked(Doing(run))

    def test_attention(self):
        def run(self, x):
            mask = torch.ones(8, 8, dtype=torch.bool).tril()
            y = functional.scaled_dot_product_attention(x, x, x, attn_mask=mask, scale=0.3)
            y = y + functional.scaled_dot_product_attention(x, x, x, is_causal=True)
            return self.heads(y[:, 0], y[:, 0], y[:, 0], need_weights=False)[0]

        checked(Doing(run, heads=nn.MultiheadAttention(8, 2, batch_first=True)))

    def test_normalisations(self):
        layers = nn.Sequential(
            nn.GroupNorm(2, 4), nn.LayerNorm([8, 8]), nn.GroupNorm(1, 4, affine=False), nn.LayerNorm(8, bias=False)
        )
        checked(layers)

    def test_other_modules(self):
        norm = nn.InstanceNorm2d(4, affine=True)
        checked(nn.Sequential(norm, nn.Threshold(0.1, -0.2), nn.Softshrink(), nn.LogSigmoid()))
        checked(nn.Sequential(nn.RMSNorm(8), nn.Hardshrink(), nn.Softsign(), nn.Tanhshrink(), nn.LPPool2d(2, 2)))
        checked(Doing(lambda self, x: functional.max_pool1d(x.flatten(2), 2).logsumexp(1)))
        mask = torch.tensor([True, True, False, False])
        checked(Doing(lambda self, x: torch.lerp(x, x * 2, 0.3)[:, [0, 2]] + x[:, mask]))
        checked(Doing(lambda self, x: self.lstm(x[:, 0])[0], lstm=nn.LSTM(8, 4, batch_first=True)))
        layer = nn.TransformerEncoderLayer(8, 2, 16, batch_first=True, activation="gelu")
        self.assertEqual(sites(checked(Doing(lambda self, x: self.layer(x[:, 0]), layer=layer))), ["activation.0.gelu"])

    def test_convolutions(self):
        checked(nn.Sequential(nn.Conv2d(4, 6, 3, 2, 1, groups=2), nn.ConvTranspose2d(6, 3, 3, 2, 1, output_padding=1)))
        checked(Doing(lambda self, x: self.conv(x.mean((2, 3))[:, None]), conv=nn.Conv1d(1, 2, 3, padding=1)))
        checked(
            nn.Sequential(nn.Conv2d(4, 6, 4, padding="same"), nn.MaxPool2d(3, 2, 1, ceil_mode=True), nn.AvgPool2d(2))
        )


class Refusals(unittest.TestCase):
    def refused(self, module, *words):
        with self.assertRaises(ExportError) as caught:
            export(module, (4, 8, 8))
        for word in words:
            self.assertIn(word, str(caught.exception))

    def test_control_flow_on_values(self):
        inner = Doing(lambda self, x: x if float(x.mean()) > 0 else -x)
        self.refused(Doing(lambda self, x: self.inner(x), inner=inner), "inner (Doing)", "depends on values")

    def test_an_operation_that_is_not_supported(self):
        inner = Doing(lambda self, x: x.sort(-1)[0])
        self.refused(nn.Sequential(nn.ReLU(), inner), "1: sort is not supported")
        self.refused(Doing(lambda self, x: torch.fft.fft2(x).real), "complex64")

    def test_randomness(self):
        self.refused(Doing(lambda self, x: x + torch.rand_like(x)), "random")

    def test_a_number_of_images(self):
        self.refused(Doing(lambda self, x: x * 2 if len(x) > 2 else x), "number of images")

    def test_a_size_that_does_not_fit(self):
        self.refused(nn.Sequential(nn.Conv2d(3, 4, 1)), "0 (Conv2d)")


if __name__ == "__main__":
    unittest.main()
