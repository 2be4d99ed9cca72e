import threading

import pytest

from people.hashers import OneAtATimeArgon2


def test_it_is_argon2id_with_19_mib():
    encoded = OneAtATimeArgon2().encode("maple", "somesalt")

    assert encoded.startswith("argon2$argon2id$v=19$m=19456,t=2,p=1$")
    assert OneAtATimeArgon2().verify("maple", encoded)
    assert not OneAtATimeArgon2().verify("birch", encoded)


@pytest.mark.parametrize("work", ["encode", "verify"])
def test_only_one_password_is_hashed_at_a_time(monkeypatch, work):
    most, running, lock = [0], [0], threading.Lock()

    def encode(self, password, salt):
        with lock:
            running[0] += 1
            most[0] = max(most[0], running[0])
        threading.Event().wait(0.01)
        with lock:
            running[0] -= 1
        return "x"

    monkeypatch.setattr(
        f"django.contrib.auth.hashers.Argon2PasswordHasher.{work}", encode
    )
    threads = [
        threading.Thread(target=getattr(OneAtATimeArgon2(), work), args=("a", "b"))
        for _ in range(6)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert most == [1]
