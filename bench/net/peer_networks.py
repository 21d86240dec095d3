"""Networks in PyTorch as people write them, of its own layers alone, for the comparisons beside.

Weights are drawn when a network is made; batch normalisations get statistics that are not the trivial
ones (`made`). NETWORKS: name -> (maker, maker of a batch of n inputs).
"""
import torch
from torch import nn
from torch.nn import functional


def convolution(inside, out, kernel, stride=1, groups=1, activation=nn.ReLU):
    """Convolution without bias, batch normalisation, activation."""
    parts = [nn.Conv2d(inside, out, kernel, stride, kernel // 2, groups=groups, bias=False), nn.BatchNorm2d(out)]
    return nn.Sequential(*parts, *([activation()] if activation else []))


# ---- images


class Residual(nn.Module):
    """Two 3*3 convolutions; around them the input, subsampled and padded with zeros (form A) or
    through a 1*1 convolution (form B)."""

    def __init__(self, inside, out, stride, form):
        super().__init__()
        self.stride, self.out, self.form = stride, out, form
        self.conv1 = nn.Conv2d(inside, out, 3, stride, 1, bias=False)
        self.bn1 = nn.BatchNorm2d(out)
        self.conv2 = nn.Conv2d(out, out, 3, 1, 1, bias=False)
        self.bn2 = nn.BatchNorm2d(out)
        if form == "B" and (stride > 1 or inside != out):
            self.around = nn.Sequential(nn.Conv2d(inside, out, 1, stride, bias=False), nn.BatchNorm2d(out))

    def forward(self, x):
        y = self.bn2(self.conv2(torch.relu(self.bn1(self.conv1(x)))))
        if self.form == "B" and hasattr(self, "around"):
            x = self.around(x)
        elif self.stride == 2:
            x = functional.pad(x[:, :, ::2, ::2], (0, 0, 0, 0, self.out // 4, self.out // 4))
        return torch.relu(y + x)


class ResNet20(nn.Module):
    """CIFAR form."""

    def __init__(self):
        super().__init__()
        self.stem = convolution(3, 16, 3)
        sizes = [16] + [16] * 3 + [32] * 3 + [64] * 3
        self.body = nn.Sequential(*[Residual(a, b, 1 if a == b else 2, "A") for a, b in zip(sizes, sizes[1:])])
        self.head = nn.Linear(64, 10)

    def forward(self, x):
        return self.head(self.body(self.stem(x)).mean((2, 3)))


class ResNet18(nn.Module):
    def __init__(self):
        super().__init__()
        self.stem = nn.Sequential(convolution(3, 64, 7, 2), nn.MaxPool2d(3, 2, 1))
        sizes = [64, 64, 64, 128, 128, 256, 256, 512, 512]
        self.body = nn.Sequential(*[Residual(a, b, 1 if a == b else 2, "B") for a, b in zip(sizes, sizes[1:])])
        self.head = nn.Sequential(nn.AdaptiveAvgPool2d(1), nn.Flatten(), nn.Linear(512, 100))

    def forward(self, x):
        return self.head(self.body(self.stem(x)))


class Inverted(nn.Module):
    def __init__(self, inside, out, stride, widening):
        super().__init__()
        wide = inside * widening
        parts = [] if widening == 1 else [convolution(inside, wide, 1, activation=nn.ReLU6)]
        parts += [convolution(wide, wide, 3, stride, wide, nn.ReLU6), convolution(wide, out, 1, activation=None)]
        self.parts = nn.Sequential(*parts)
        self.around = stride == 1 and inside == out

    def forward(self, x):
        y = self.parts(x)
        return x + y if self.around else y


class MobileNetV2(nn.Module):
    def __init__(self, width):
        super().__init__()

        def rounded(v):
            near = max(8, int(v + 4) // 8 * 8)
            return near + 8 if near < 0.9 * v else near

        inside = rounded(32 * width)
        parts = [convolution(3, inside, 3, 2, activation=nn.ReLU6)]
        for t, c, n, s in ((1, 16, 1, 1), (6, 24, 2, 2), (6, 32, 3, 2), (6, 64, 4, 2), (6, 96, 3, 1), (6, 160, 3, 2),
                           (6, 320, 1, 1)):
            for i in range(n):
                parts.append(Inverted(inside, rounded(c * width), s if i == 0 else 1, t))
                inside = rounded(c * width)
        parts.append(convolution(inside, 1280, 1, activation=nn.ReLU6))
        self.parts = nn.Sequential(*parts)
        self.head = nn.Linear(1280, 1000)

    def forward(self, x):
        return self.head(self.parts(x).mean((2, 3)))


class SqueezeExcite(nn.Module):
    def __init__(self, channels):
        super().__init__()
        self.gate = nn.Sequential(nn.AdaptiveAvgPool2d(1), nn.Conv2d(channels, channels // 4, 1), nn.ReLU(),
                                  nn.Conv2d(channels // 4, channels, 1), nn.Hardsigmoid())

    def forward(self, x):
        return x * self.gate(x)


class MobileNetV3(nn.Module):
    def __init__(self):
        super().__init__()
        parts = [convolution(3, 16, 3, 2, activation=nn.Hardswish)]
        for wide, kernel, stride in ((32, 3, 2), (64, 5, 1), (96, 5, 2)):
            parts += [convolution(16, wide, 1, activation=nn.Hardswish),
                      convolution(wide, wide, kernel, stride, wide, nn.Hardswish), SqueezeExcite(wide),
                      convolution(wide, 16, 1, activation=None)]
        self.parts = nn.Sequential(*parts, nn.AdaptiveAvgPool2d(1), nn.Flatten(), nn.Linear(16, 64), nn.Hardswish(),
                                   nn.Dropout(0.2), nn.Linear(64, 10))

    def forward(self, x):
        return self.parts(x)


class DenseNet(nn.Module):
    def __init__(self):
        super().__init__()
        self.stem = nn.Sequential(nn.Conv2d(3, 16, 3, 2, 1), nn.MaxPool2d(3, 2, 1, ceil_mode=True))
        self.layers = nn.ModuleList()
        inside = 16
        for i in range(6):
            layer = [nn.BatchNorm2d(inside), nn.ReLU(), nn.Conv2d(inside, 12, 3, 1, 1, bias=False)]
            self.layers.append(nn.Sequential(*layer))
            inside += 12
        self.head = nn.Sequential(nn.BatchNorm2d(inside), nn.ReLU(), nn.AvgPool2d(2), nn.AdaptiveAvgPool2d(1),
                                  nn.Flatten(), nn.Linear(inside, 10))

    def forward(self, x):
        x = self.stem(x)
        for layer in self.layers:
            x = torch.cat([x, layer(x)], 1)
        return self.head(x)


class ShuffleNet(nn.Module):
    def __init__(self, channels=24):
        super().__init__()
        half = channels // 2
        self.stem = convolution(3, channels, 3, 2)
        self.units = nn.ModuleList([nn.Sequential(convolution(half, half, 1), convolution(half, half, 3, 1, half, None),
                                                  convolution(half, half, 1)) for _ in range(3)])
        self.head = nn.Linear(channels, 10)

    def forward(self, x):
        x = self.stem(x)
        for unit in self.units:
            a, b = x.chunk(2, 1)
            x = torch.cat((a, unit(b)), 1)
            n, c, h, w = x.shape
            x = x.view(n, 2, c // 2, h, w).transpose(1, 2).reshape(n, c, h, w)
        return self.head(x.mean((2, 3)))


class UNet(nn.Module):
    """Down by max pooling; up by a transposed convolution, then by bilinear interpolation."""

    def __init__(self):
        super().__init__()

        def block(inside, out):
            return nn.Sequential(nn.Conv2d(inside, out, 3, 1, 1), nn.GroupNorm(4, out), nn.SiLU(),
                                 nn.Conv2d(out, out, 3, 1, 1), nn.InstanceNorm2d(out, affine=True), nn.LeakyReLU(0.1))

        self.down1, self.down2, self.middle = block(3, 8), block(8, 16), block(16, 32)
        self.up2 = nn.ConvTranspose2d(32, 16, 2, 2)
        self.out2, self.out1 = block(32, 16), block(24, 8)
        self.head = nn.Conv2d(8, 2, 1)

    def forward(self, x):
        a = self.down1(x)
        b = self.down2(functional.max_pool2d(a, 2))
        y = self.up2(self.middle(functional.max_pool2d(b, 2)))
        y = self.out2(torch.cat([y, b], 1))
        y = functional.interpolate(y, scale_factor=2, mode="bilinear", align_corners=False)
        return torch.sigmoid(self.head(self.out1(torch.cat([y, a], 1))))


class ImageDecoder(nn.Module):
    """A code of 16 numbers to an image: transposed convolutions and a pixel shuffle."""

    def __init__(self):
        super().__init__()
        self.start = nn.Linear(16, 32 * 16)
        self.parts = nn.Sequential(nn.ConvTranspose2d(32, 16, 4, 2, 1), nn.BatchNorm2d(16), nn.ELU(),
                                   nn.ConvTranspose2d(16, 12, 3, 2, 1, output_padding=1), nn.PReLU(12),
                                   nn.PixelShuffle(2), nn.Upsample(scale_factor=2), nn.Conv2d(3, 3, 3, padding=1),
                                   nn.Tanh())

    def forward(self, x):
        return self.parts(self.start(x).view(-1, 32, 4, 4))


class Volume(nn.Module):
    def __init__(self):
        super().__init__()
        self.parts = nn.Sequential(nn.Conv3d(1, 8, 3, 2, 1), nn.BatchNorm3d(8), nn.ReLU(), nn.MaxPool3d(2),
                                   nn.Conv3d(8, 16, 3, padding=1), nn.Softplus(), nn.AdaptiveAvgPool3d(1), nn.Flatten(),
                                   nn.Linear(16, 4), nn.LogSoftmax(1))

    def forward(self, x):
        return self.parts(x)


# ---- sequences


class Attention(nn.Module):
    def __init__(self, width, heads, key_heads=None, bias=True):
        super().__init__()
        self.heads, self.key_heads = heads, key_heads or heads
        self.size = width // heads
        self.q, self.o = nn.Linear(width, width, bias=bias), nn.Linear(width, width, bias=bias)
        self.k, self.v = (nn.Linear(width, self.key_heads * self.size, bias=bias) for _ in range(2))

    def forward(self, x, mask=None, turn=None):
        n, t, width = x.shape
        q = self.q(x).view(n, t, self.heads, self.size).transpose(1, 2)
        k, v = (f(x).view(n, t, self.key_heads, self.size).transpose(1, 2) for f in (self.k, self.v))
        if turn is not None:
            q, k = turn(q), turn(k)
        if self.key_heads < self.heads:
            repeats = self.heads // self.key_heads
            k, v = (z[:, :, None].expand(n, self.key_heads, repeats, t, self.size).reshape(q.shape) for z in (k, v))
        scores = q @ k.transpose(2, 3) * self.size ** -0.5
        if mask is not None:
            scores = scores + mask
        return self.o((torch.softmax(scores, -1) @ v).transpose(1, 2).reshape(n, t, width))


class PreNormLayer(nn.Module):
    def __init__(self, width, heads, hidden):
        super().__init__()
        self.norm1, self.norm2 = nn.LayerNorm(width), nn.LayerNorm(width)
        self.attention = Attention(width, heads)
        self.up, self.down = nn.Linear(width, hidden), nn.Linear(hidden, width)

    def forward(self, x, mask=None):
        x = x + self.attention(self.norm1(x), mask)
        return x + self.down(torch.relu(self.up(self.norm2(x))))


class Transformer(nn.Module):
    """Pre-norm encoder of four layers, the mean over positions, a linear layer."""

    def __init__(self, vocabulary=256, width=64, layers=4):
        super().__init__()
        self.embed = nn.Embedding(vocabulary, width)
        self.layers = nn.Sequential(*[PreNormLayer(width, 4, 4 * width) for _ in range(layers)])
        self.head = nn.Linear(width, 2)

    def forward(self, x):
        return self.head(self.layers(self.embed(x)).mean(1))


class Bert(nn.Module):
    """Post-norm encoder with token, position and segment vectors; token 0 is padding and masked;
    GELU; the first position through a tanh layer."""

    def __init__(self, width=32, layers=2):
        super().__init__()
        self.tokens, self.places, self.segments = nn.Embedding(50, width), nn.Embedding(16, width), nn.Embedding(2, width)
        self.norm = nn.LayerNorm(width, eps=1e-12)
        self.attentions = nn.ModuleList([Attention(width, 4) for _ in range(layers)])
        self.feeds = nn.ModuleList([nn.Sequential(nn.Linear(width, 64), nn.GELU(), nn.Linear(64, width))
                                    for _ in range(layers)])
        self.norms = nn.ModuleList([nn.LayerNorm(width, eps=1e-12) for _ in range(2 * layers)])
        self.pool, self.head = nn.Linear(width, width), nn.Linear(width, 3)

    def forward(self, x):
        places = torch.arange(x.shape[1], device=x.device).unsqueeze(0)
        y = self.norm(self.tokens(x) + self.places(places) + self.segments(torch.zeros_like(x)))
        mask = (1.0 - (x != 0).to(y.dtype))[:, None, None, :] * torch.finfo(y.dtype).min
        for i, (attention, feed) in enumerate(zip(self.attentions, self.feeds)):
            y = self.norms[2 * i](y + attention(y, mask))
            y = self.norms[2 * i + 1](y + feed(y))
        return self.head(torch.tanh(self.pool(y[:, 0])))


class Gpt(nn.Module):
    """Pre-norm decoder: learned positions, a causal mask of -inf, the tokens' table as last layer."""

    def __init__(self, width=32, layers=2):
        super().__init__()
        self.tokens, self.places = nn.Embedding(50, width), nn.Embedding(16, width)
        self.layers = nn.ModuleList([PreNormLayer(width, 4, 64) for _ in range(layers)])
        self.norm = nn.LayerNorm(width)
        self.register_buffer("seen", torch.tril(torch.ones(16, 16, dtype=torch.bool)))

    def forward(self, x):
        t = x.shape[1]
        y = self.tokens(x) + self.places(torch.arange(t, device=x.device))
        mask = torch.zeros(t, t).masked_fill(~self.seen[:t, :t], float("-inf"))
        for layer in self.layers:
            y = layer(y, mask)
        return self.norm(y) @ self.tokens.weight.t()


class RmsNorm(nn.Module):
    def __init__(self, width):
        super().__init__()
        self.weight = nn.Parameter(torch.ones(width))

    def forward(self, x):
        return self.weight * (x * torch.rsqrt(x.pow(2).mean(-1, keepdim=True) + 1e-5))


class Llama(nn.Module):
    """Decoder: RMSNorm, rotary positions, grouped queries, gated feed-forward with SiLU."""

    def __init__(self, width=32, heads=4, layers=2):
        super().__init__()
        self.tokens = nn.Embedding(50, width)
        self.attentions = nn.ModuleList([Attention(width, heads, heads // 2, bias=False) for _ in range(layers)])
        self.gate, self.up = (nn.ModuleList([nn.Linear(width, 48, bias=False) for _ in range(layers)]) for _ in range(2))
        self.down = nn.ModuleList([nn.Linear(48, width, bias=False) for _ in range(layers)])
        self.norms = nn.ModuleList([RmsNorm(width) for _ in range(2 * layers + 1)])
        self.head = nn.Linear(width, 50, bias=False)
        size = width // heads
        angles = torch.outer(torch.arange(16.0), 10000.0 ** (-torch.arange(0, size, 2) / size))
        angles = torch.cat([angles, angles], -1)
        self.register_buffer("seen", torch.tril(torch.ones(16, 16, dtype=torch.bool)))
        self.register_buffer("cos", angles.cos())
        self.register_buffer("sin", angles.sin())

    def forward(self, x):
        t = x.shape[1]

        def turn(z):
            a, b = z.chunk(2, -1)
            return z * self.cos[:t] + torch.cat([-b, a], -1) * self.sin[:t]

        mask = torch.zeros(t, t).masked_fill(~self.seen[:t, :t], float("-inf"))
        y = self.tokens(x)
        for i, attention in enumerate(self.attentions):
            y = y + attention(self.norms[2 * i](y), mask, turn)
            z = self.norms[2 * i + 1](y)
            y = y + self.down[i](functional.silu(self.gate[i](z)) * self.up[i](z))
        return self.head(self.norms[-1](y))


class VisionTransformer(nn.Module):
    def __init__(self, width=48):
        super().__init__()
        self.patches = nn.Conv2d(3, width, 16, 16)
        self.first = nn.Parameter(torch.randn(1, 1, width) * 0.1)
        self.places = nn.Parameter(torch.randn(1, 17, width) * 0.1)
        self.layers = nn.Sequential(*[PreNormLayer(width, 4, 96) for _ in range(2)])
        self.norm, self.head = nn.LayerNorm(width), nn.Linear(width, 10)

    def forward(self, x):
        y = self.patches(x).flatten(2).transpose(1, 2)
        y = torch.cat([self.first.expand(x.shape[0], -1, -1), y], 1) + self.places
        return self.head(self.norm(self.layers(y))[:, 0])


class TorchTransformer(nn.Module):
    """PyTorch's own encoder layer."""

    def __init__(self):
        super().__init__()
        self.embed = nn.Embedding(50, 32)
        layer = nn.TransformerEncoderLayer(32, 4, 64, dropout=0, batch_first=True, norm_first=True)
        self.body = nn.TransformerEncoder(layer, 2, enable_nested_tensor=False)
        self.head = nn.Linear(32, 5)

    def forward(self, x):
        return self.head(self.body(self.embed(x)).mean(1))


class Recurrent(nn.Module):
    def __init__(self, kind):
        super().__init__()
        self.body = kind(8, 16, 2, batch_first=True, bidirectional=True)
        self.head = nn.Linear(32, 5)

    def forward(self, x):
        return self.head(self.body(x)[0][:, -1])


class TextLstm(nn.Module):
    def __init__(self):
        super().__init__()
        self.embed = nn.Embedding(50, 16, padding_idx=0)
        self.body = nn.LSTM(16, 24, batch_first=True)
        self.head = nn.Linear(24, 4)

    def forward(self, x):
        _, (last, _) = self.body(self.embed(x))
        return torch.softmax(self.head(last[-1]), -1)


class CausalConvolutions(nn.Module):
    """Dilated one-dimensional convolutions, padded at the beginning alone."""

    def __init__(self):
        super().__init__()
        self.start = nn.Conv1d(8, 16, 1)
        self.layers = nn.ModuleList([nn.Conv1d(16, 16, 3, dilation=2 ** i) for i in range(3)])
        self.head = nn.Linear(16, 5)

    def forward(self, x):
        y = self.start(x.transpose(1, 2))
        for i, layer in enumerate(self.layers):
            y = y + functional.gelu(layer(functional.pad(y, (2 * 2 ** i, 0))))
        return self.head(y[:, :, -1])


class Mlp(nn.Module):
    def __init__(self):
        super().__init__()
        self.parts = nn.Sequential(nn.Linear(8, 32), nn.GELU(), nn.LayerNorm(32), nn.Linear(32, 4), nn.Softmax(1))

    def forward(self, x):
        return self.parts(x)


def image(n):
    return torch.randn(n, 3, 64, 64)


def series(n):
    return torch.randn(n, 12, 8)


def tokens(n):
    return torch.randint(0, 50, (n, 10))


NETWORKS = {
    "mlp": (Mlp, lambda n: torch.randn(n, 8)),
    "resnet18": (ResNet18, image),
    "resnet20": (ResNet20, lambda n: torch.randn(n, 3, 32, 32)),
    "mobilenet_v2": (lambda: MobileNetV2(1.0), image),
    "mobilenet_v3": (MobileNetV3, image),
    "densenet": (DenseNet, image),
    "shufflenet": (ShuffleNet, image),
    "unet": (UNet, image),
    "image_decoder": (ImageDecoder, lambda n: torch.randn(n, 16)),
    "volume": (Volume, lambda n: torch.randn(n, 1, 16, 16, 16)),
    "vit": (VisionTransformer, image),
    "transformer": (lambda: Transformer(50, 32, 2), tokens),
    "torch_transformer": (TorchTransformer, tokens),
    "bert": (Bert, tokens),
    "gpt": (Gpt, tokens),
    "llama": (Llama, tokens),
    "lstm": (lambda: Recurrent(nn.LSTM), series),
    "gru": (lambda: Recurrent(nn.GRU), series),
    "text_lstm": (TextLstm, tokens),
    "causal_convolutions": (CausalConvolutions, series),
}


def made(maker):
    """A network for inference whose batch normalisations have statistics that are not 0 and 1."""
    model = maker().eval()
    for part in model.modules():
        if isinstance(part, (nn.BatchNorm1d, nn.BatchNorm2d, nn.BatchNorm3d)):
            part.running_mean.normal_(0, 0.1)
            part.running_var.uniform_(0.5, 1.5)
            nn.init.uniform_(part.weight, 0.5, 1.5)
            nn.init.normal_(part.bias, 0, 0.1)
    return model
