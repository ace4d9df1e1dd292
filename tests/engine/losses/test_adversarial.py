import math

import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from engine.config.sections import ADVERSARIAL_LOSSES
from engine.losses.adversarial import LOSSES_BY_NAME, MaskedLogits, masked_mean

LOGITS = st.floats(-30, 30)


def masked(*logits: float, mask: tuple[bool, ...] | None = None) -> MaskedLogits:
    values = torch.tensor(logits, dtype=torch.float64, requires_grad=True)
    return MaskedLogits(values, torch.tensor(mask or (True,) * len(logits)))


def slope(of: MaskedLogits) -> list[float]:
    assert of.logits.grad is not None
    return of.logits.grad.tolist()


def log_d(logit: float) -> float:
    return -math.log1p(math.exp(-logit))


def log_not_d(logit: float) -> float:
    return -math.log1p(math.exp(logit))


FORMULAS = {
    # discriminator(real, fake), generator(fake, real): as the papers write them.
    "non-saturating": (lambda r, f: -log_d(r) - log_not_d(f), lambda f, r: -log_d(f)),
    "saturating": (lambda r, f: -log_d(r) - log_not_d(f), lambda f, r: log_not_d(f)),
    "hinge": (lambda r, f: max(0, 1 - r) + max(0, 1 + f), lambda f, r: -f),
    "least-squares": (lambda r, f: (r - 1) ** 2 / 2 + f**2 / 2, lambda f, r: (f - 1) ** 2 / 2),
    "wasserstein": (lambda r, f: f - r, lambda f, r: -f),
    "relativistic": (lambda r, f: -log_d(r - f), lambda f, r: -log_d(f - r)),
}


def test_that_the_table_has_every_loss_a_configuration_can_name():
    assert set(LOSSES_BY_NAME) == set(ADVERSARIAL_LOSSES) == set(FORMULAS)


@pytest.mark.parametrize("name", FORMULAS)
@given(real=LOGITS, fake=LOGITS)
def test_that_a_loss_is_the_papers_formula(name, real, fake):
    discriminator, generator = FORMULAS[name]
    of_real, of_fake = masked(real), masked(fake)
    loss = LOSSES_BY_NAME[name]
    close = {"rel_tol": 1e-9, "abs_tol": 1e-9}
    assert math.isclose(
        loss.discriminator(of_real, of_fake).item(), discriminator(real, fake), **close
    )
    assert math.isclose(loss.generator(of_fake, of_real).item(), generator(fake, real), **close)


@pytest.mark.parametrize("name", FORMULAS)
def test_that_rows_that_do_not_count_change_neither_loss_nor_gradient(name):
    loss = LOSSES_BY_NAME[name]
    results = []
    for hidden in (0.0, 1e9, float("inf")):
        real = masked(0.3, hidden, mask=(True, False))
        fake = masked(-0.2, hidden, mask=(True, False))
        total = loss.discriminator(real, fake) + loss.generator(fake, real)
        total.backward()
        results.append((total.item(), slope(real), slope(fake)))
    assert results[0] == results[1]
    assert results[0][0] == results[2][0]
    assert results[0][1][1] == 0.0
    assert results[0][2][1] == 0.0


@pytest.mark.parametrize("name", FORMULAS)
def test_that_the_players_pull_in_opposite_directions(name):
    loss = LOSSES_BY_NAME[name]
    real, fake = masked(0.3), masked(0.4)
    loss.discriminator(real, fake).backward()
    of_discriminator = slope(fake)[0]
    fake.logits.grad = None
    loss.generator(fake, real).backward()
    assert of_discriminator * slope(fake)[0] < 0


@pytest.mark.parametrize("name", FORMULAS)
def test_that_further_fakes_cost_what_fakes_cost(name):
    loss = LOSSES_BY_NAME[name]
    real, fake, other = masked(0.5), masked(-1.0), masked(2.0)
    together = loss.discriminator(real, fake) + loss.fake(other, real)
    formula = FORMULAS[name][0]
    of_real_alone = loss.discriminator(real, fake) - loss.fake(fake, real)
    expected = formula(0.5, -1.0) + formula(0.5, 2.0) - of_real_alone.item()
    assert math.isclose(together.item(), expected, rel_tol=1e-9)


def test_that_relativistic_pairing_needs_something_real():
    with pytest.raises(ValueError, match="real items"):
        LOSSES_BY_NAME["relativistic"].generator(masked(0.0), None)


def test_that_the_mean_of_nothing_is_nothing():
    values = torch.tensor([1.0, 2.0])
    assert masked_mean(values, torch.tensor([False, False])).item() == 0.0
    assert masked_mean(values, torch.tensor([False, True])).item() == 2.0
