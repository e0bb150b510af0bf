"""TabNet's network, run faster: the layers and weights are pytorch-tabnet's, only the order of the sums differs.

Three things of the stock forward cost time without changing what it computes, and are replaced:

* the product with the group matrix, which without feature groups is the identity;
* the loop over ghost batches: a batch of s·G rows seen as (s, G·d) lets one call normalise G ghost batches at once
  (row i falls into ghost batch i mod G; rows are shuffled, so any equal partition is as good);
* the sort in sparsemax: its threshold is the root of a convex piecewise-linear function, which Newton's method from the
  left reaches in a few steps, exactly (Martins & Astudillo 2016 define the function; Michelot 1986 the iteration).

The parameter names are the stock's, so a state can be loaded into ``pytorch_tabnet.tab_network.TabNet`` and compared.
"""

from __future__ import annotations

import torch
from pytorch_tabnet.tab_network import GBN, TabNet

from fancare.modelspec import TabNetSpec

_NEWTON_STEPS = 32  # far more than needed: each step drops at least one column from the support, most drop many
_TINY = 1e-15  # pytorch-tabnet's own guard against log 0


class Sparsemax(torch.autograd.Function):
    """Rows projected onto the probability simplex: nonnegative, summing to one, mostly zero. (n, d) → (n, d)."""

    @staticmethod
    def forward(ctx, scores: torch.Tensor) -> torch.Tensor:  # type: ignore[no-untyped-def]
        scores = scores - scores.amax(dim=1, keepdim=True)  # the largest is 0, however large it was
        threshold = torch.full_like(scores[:, :1], -1.0)  # never above the root
        for _ in range(_NEWTON_STEPS):
            above = (scores - threshold).clamp_(min=0.0)
            step = (above.sum(dim=1, keepdim=True) - 1.0) / above.sign().sum(dim=1, keepdim=True)
            threshold = threshold + step
            if float(step.amax()) < 1e-6:
                break
        mask = (scores - threshold).clamp_(min=0.0)
        ctx.save_for_backward(mask)
        return mask

    @staticmethod
    def backward(ctx, grad: torch.Tensor) -> torch.Tensor:  # type: ignore[no-untyped-def]
        (mask,) = ctx.saved_tensors
        support = (mask > 0).to(grad.dtype)
        mean = (grad * support).sum(dim=1, keepdim=True) / support.sum(dim=1, keepdim=True).clamp_(min=1)
        return (grad - mean) * support


class GhostNorm(torch.nn.Module):
    """Batch normalisation over ``ghosts`` equal parts of the batch while training; plain running statistics otherwise."""

    def __init__(self, bn: torch.nn.BatchNorm1d) -> None:
        super().__init__()
        if bn.momentum is None or bn.running_mean is None or bn.running_var is None:
            raise ValueError("This normalisation keeps no running statistics with a momentum; TabNet's does.")
        self.bn, self.momentum, self.ghosts = bn, float(bn.momentum), 1

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        if not self.training or self.ghosts == 1:
            return self.bn(x)
        parts, width = self.ghosts, x.shape[1]
        rows = x.shape[0] // parts
        out, means, inverse_spreads = torch.native_batch_norm(
            x.reshape(rows, parts * width), self.bn.weight.repeat(parts), self.bn.bias.repeat(parts),
            None, None, True, 0.0, self.bn.eps,
        )  # fmt: skip
        with torch.no_grad():  # the running statistics as if the parts had come one after the other
            keep = 1.0 - self.momentum
            share = self.momentum * keep ** torch.arange(parts - 1, -1, -1, dtype=x.dtype, device=x.device)
            variances = (inverse_spreads.reshape(parts, width) ** -2 - self.bn.eps) * (rows / (rows - 1))
            self.bn.get_buffer("running_mean").mul_(keep**parts).add_(share @ means.reshape(parts, width))
            self.bn.get_buffer("running_var").mul_(keep**parts).add_(share @ variances)
        return out.reshape(x.shape)


class ChainNetwork(torch.nn.Module):
    """(n, d) encoded rows → (n, H) link logits and the mean entropy of the masks, which the sparsity loss weighs."""

    def __init__(self, n_features: int, n_links: int, spec: TabNetSpec) -> None:
        super().__init__()
        self.gamma, self.width = spec.gamma, spec.width
        self.net = TabNet(
            n_features, n_links, n_d=spec.width, n_a=spec.width, n_steps=spec.steps, gamma=spec.gamma,
            virtual_batch_size=spec.virtual_batch_size, group_attention_matrix=torch.eye(n_features),
        )  # fmt: skip
        for module in list(self.net.modules()):
            if isinstance(getattr(module, "bn", None), GBN):
                module.bn = GhostNorm(module.bn.bn)

    def set_ghosts(self, ghosts: int) -> None:
        """How many ghost batches a training batch holds; its rows must be a multiple, with two or more in each."""
        for module in self.modules():
            if isinstance(module, GhostNorm):
                module.ghosts = ghosts

    def keep_links(self, n_links: int) -> None:
        """Cut off all outputs after the first ``n_links``; the others have no part in these."""
        mapping = self.net.tabnet.final_mapping
        mapping.weight = torch.nn.Parameter(mapping.weight.detach()[:n_links].clone())
        mapping.out_features = self.net.output_dim = self.net.tabnet.output_dim = n_links

    def forward(self, x: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor]:
        encoder = self.net.tabnet.encoder
        x = encoder.initial_bn(x)
        attention = encoder.initial_splitter(x)[:, self.width :]
        prior: torch.Tensor | None = None
        total, entropy = torch.zeros((), device=x.device), torch.zeros((), device=x.device)
        for attend, transform in zip(encoder.att_transformers, encoder.feat_transformers, strict=True):
            scores = attend.bn(attend.fc(attention))
            mask = Sparsemax.apply(scores if prior is None else scores * prior)
            entropy = entropy + (mask * torch.log(mask + _TINY)).sum(dim=1).mean()
            prior = self.gamma - mask if prior is None else (self.gamma - mask) * prior
            out = transform(mask * x)
            total = total + torch.relu(out[:, : self.width])
            attention = out[:, self.width :]
        return self.net.tabnet.final_mapping(total), entropy / len(encoder.att_transformers)
