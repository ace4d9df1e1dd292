import torch

from engine.nets.dense import UNITS_PER_CHANNEL, DenseImageModality, dense_trunk
from engine.nets.image import image_trunk


def modality() -> DenseImageModality:
    torch.manual_seed(0)
    return DenseImageModality(
        size=8, channels=3, latent_dim=4, generator_width=2, critic_width=4, feature_dim=6
    )


def test_that_every_pixel_has_a_weight_to_every_unit():
    trunk = dense_trunk(8, 3, 4, 6)
    assert trunk[1].weight.shape == (4 * UNITS_PER_CHANNEL, 3 * 8 * 8)
    assert trunk(torch.randn(5, 3, 8, 8)).shape == (5, 6)


def test_that_noise_and_context_both_decide_the_image():
    decoder = modality().build_decoder().eval()
    noise, context = torch.randn(5, 4), torch.randn(5, 6)
    images = decoder(noise, context)
    assert images.shape == (5, 3, 8, 8)
    assert images.abs().max() <= 1
    assert not torch.equal(images, decoder(noise, context.roll(1, 0)))
    assert not torch.equal(images, decoder(noise.roll(1, 0), context))


def test_that_a_code_alone_can_decide_it():
    decoder = modality().build_latent_decoder(5).eval()
    latent = torch.randn(3, 5)
    images = decoder(latent, decoder.draw_noise(3, torch.Generator()))
    assert images.shape == (3, 3, 8, 8)
    assert decoder.surprise(latent, images.detach()).shape == (3,)


def test_that_encoder_and_trunk_fit_the_others():
    images = torch.randn(5, 3, 8, 8)
    assert modality().build_encoder()(images).shape == (5, 6)
    assert modality().build_trunk()(images).shape == (5, 6)


def test_that_batch_norm_ties_a_batch_together_only_when_asked_for():
    torch.manual_seed(0)
    images = torch.randn(4, 1, 16, 16)
    other = torch.cat([images[:1], torch.randn(3, 1, 16, 16)])
    for norm, is_tied in (("none", False), ("batch", True)):
        trunk = image_trunk(16, 1, 4, 8, norm=norm)
        assert torch.allclose(trunk(images)[0], trunk(other)[0]) != is_tied
