"""How much goes onto a GPU: arithmetic alone, as there may be none here."""

from digest.engines.gpu import ALL_THAT_FIT, Device, Weights, attempts, devices, layers_that_fit

# 36 layers of 4 GB, 147,456 bytes of cache a token: like a model of 8 billion parameters
LARGE = Weights(file_bytes=4_070_000_000, layers=36, kv_bytes=147_456)


def test_all_layers_and_the_output_fit_into_a_large_card() -> None:
    assert layers_that_fit(LARGE, 8192, 24 << 30) == 37


def test_a_share_of_the_layers_fits_into_a_small_one() -> None:
    # one layer: (4.07e9 + 147456 * 8192) / 37 = 142.6e6 bytes; (4 - 1) GiB hold 22 of them
    assert layers_that_fit(LARGE, 8192, 4 << 30) == 22


def test_nothing_fits_beside_the_reserve() -> None:
    assert layers_that_fit(LARGE, 8192, 1 << 30) == 0
    assert layers_that_fit(LARGE, 8192, 0) == 0


def test_attempts_step_down_to_none() -> None:
    assert attempts(ALL_THAT_FIT, 20) == [20, 15, 10, 5, 0]
    assert attempts(99, 20) == [99, 74, 49, 24, 0]
    assert attempts(ALL_THAT_FIT, 0) == [0]


def test_devices_are_those_of_this_build() -> None:
    import llama_cpp

    found = devices()
    assert all(isinstance(device, Device) for device in found)
    if not llama_cpp.llama_supports_gpu_offload():
        assert found == []
