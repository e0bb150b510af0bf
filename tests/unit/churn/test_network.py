"""The fast forward against pytorch-tabnet's own."""

import pytest
import torch
from pytorch_tabnet.sparsemax import sparsemax as stock_sparsemax
from pytorch_tabnet.tab_network import TabNet

from fancare.churn import network
from fancare.churn.network import ChainNetwork, Sparsemax
from fancare.modelspec import TabNetSpec

SPEC = TabNetSpec(width=8, steps=3, virtual_batch_size=32)
D, LINKS = 20, 3


@pytest.fixture
def pair():
    """Our network and the stock one with the same weights, in double precision so that only real differences show."""
    with torch.random.fork_rng():
        torch.manual_seed(0)
        ours = ChainNetwork(D, LINKS, SPEC)
        stock = TabNet(
            D, LINKS, n_d=8, n_a=8, n_steps=3, gamma=SPEC.gamma, virtual_batch_size=32, group_attention_matrix=torch.eye(D)
        )  # fmt: skip
        x = torch.randn(128, D)
    stock.load_state_dict(ours.net.state_dict())
    stock.double()
    stock.tabnet.encoder.group_attention_matrix = torch.eye(D, dtype=torch.float64)
    return ours.double(), stock, x.double()


def test_scoring_equals_the_stock_forward(pair, monkeypatch):
    ours, stock, x = pair
    monkeypatch.setattr(torch, "FloatTensor", torch.DoubleTensor)  # the stock's √½ is single precision
    logits, entropy = ours.eval()(x)
    expected, expected_entropy = stock.eval()(x)
    torch.testing.assert_close(logits, expected, rtol=1e-5, atol=1e-5)
    torch.testing.assert_close(entropy, expected_entropy, rtol=1e-5, atol=1e-5)


def test_training_equals_the_stock_forward_ghost_batch_by_ghost_batch(pair):
    ours, stock, x = pair
    ours.train().set_ghosts(4)
    stock.train()
    interleaved = torch.arange(128).reshape(32, 4).T.reshape(-1)  # our ghost batch g holds rows g, g+4, g+8 …
    logits = ours(x)[0]
    expected = stock(x[interleaved])[0]
    torch.testing.assert_close(logits[interleaved], expected, rtol=1e-5, atol=1e-5)
    for (name, a), (_, b) in zip(ours.net.named_buffers(), stock.named_buffers(), strict=True):
        if name.endswith(("running_mean", "running_var")):
            torch.testing.assert_close(a, b, rtol=1e-5, atol=1e-5)


@pytest.mark.parametrize("columns", [1, 2, 7, 150])
@pytest.mark.parametrize("scale", [0.01, 1.0, 1e6])
def test_sparsemax_equals_the_sorted_one_in_value_and_gradient(columns, scale):
    generator = torch.Generator().manual_seed(columns)
    scores = torch.randn(64, columns, generator=generator, dtype=torch.float64) * scale
    scores[::8] = scores[::8, :1]  # all tied
    weights = torch.randn(64, columns, generator=generator, dtype=torch.float64)
    ours, stock = scores.clone().requires_grad_(), scores.clone().requires_grad_()
    mask, expected = Sparsemax.apply(ours), stock_sparsemax(stock * 1.0, -1)
    torch.testing.assert_close(mask, expected, rtol=0, atol=1e-9)
    torch.testing.assert_close(mask.sum(dim=1), torch.ones(64, dtype=torch.float64))
    (mask * weights).sum().backward()
    (expected * weights).sum().backward()
    torch.testing.assert_close(ours.grad, stock.grad, rtol=0, atol=1e-9)


def test_everything_is_on_the_device_of_the_network(monkeypatch):
    """There need be no GPU: on torch's meta device, too, a tensor left on the CPU cannot be mixed with others."""
    ours = ChainNetwork(D, LINKS, SPEC).to("meta").train()
    ours.set_ghosts(4)
    monkeypatch.setattr(network, "float", lambda _: 1.0, raising=False)  # meta tensors have no values to look at
    logits, entropy = ours(torch.zeros(128, D, device="meta"))
    (logits.sum() - entropy).backward()
    assert {p.grad.device.type for p in ours.parameters() if p.grad is not None} == {"meta"}
    assert ours.eval()(torch.zeros(5, D, device="meta"))[0].device.type == "meta"
    with pytest.raises(RuntimeError):
        ours(torch.zeros(5, D))
