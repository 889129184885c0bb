# Owns: python3-grpcio against our server, over generic stubs with messages made by hand: every kind of call, metadata,
# endings, gzip, health, reflection, TLS and mTLS.
# Called as: python3 grpc_client.py PORT TLS_PORT MTLS_PORT CERTIFICATES; prints a line a check and fails at the first that is false.

import pathlib
import sys
import threading

import grpc

port, tls_port, mtls_port, certificates = sys.argv[1:]
certificates = pathlib.Path(certificates)


def varint(n):
    out = b""
    while n > 127:
        out += bytes([n & 127 | 128])
        n >>= 7
    return out + bytes([n])


def item(text=b"", data=b"", number=0, delay_ms=0, action=0):
    """A testing.v1.Item."""
    out = b""
    for field, value in ((1, text), (2, data)):
        if value:
            out += varint(field << 3 | 2) + varint(len(value)) + value
    for field, value in ((3, number), (4, delay_ms), (5, action)):
        if value:
            out += varint(field << 3) + varint(value)
    return out


FAIL, THROW, WAIT, METADATA = 1, 2, 3, 6


def stubs(channel):
    make = {"Unary": channel.unary_unary, "Collect": channel.stream_unary, "Expand": channel.unary_stream, "Chat": channel.stream_stream}
    return {name: factory(f"/testing.v1.Echo/{name}", None, None) for name, factory in make.items()}


def fails(code, call):
    try:
        call()
    except grpc.RpcError as error:
        assert error.code() == code, f"{code} was expected: {error}"
        return error
    raise AssertionError(f"{code} was expected")


def done(what):
    print("ok", what)


channel = grpc.insecure_channel(f"localhost:{port}")
echo = stubs(channel)

assert echo["Unary"](item(text=b"one")) == item(text=b"one")
done("unary")

assert list(echo["Expand"](item(text=b"a", number=3))) == [item(text=b"a", number=n) for n in range(3)]
done("server streaming")

assert echo["Collect"](item(data=bytes(1000)) for _ in range(100)) == item(number=100, delay_ms=100_000)
done("client streaming")

chat = [item(number=n) for n in range(1, 200)]
assert list(echo["Chat"](iter(chat))) == chat
done("duplex streaming")

_, call = echo["Unary"].with_call(item(action=METADATA), metadata=(("x-text", "value"), ("x-bytes-bin", b"\x00\x01\xfe\xff")))
assert ("x-text", "value") in call.initial_metadata() and ("x-bytes-bin", b"\x00\x01\xfe\xff") in call.initial_metadata()
assert ("tx-bytes-bin", b"\x00\x01\xfe\xff") in call.trailing_metadata()
done("metadata")

error = fails(grpc.StatusCode.INVALID_ARGUMENT, lambda: echo["Unary"](item(action=FAIL)))
assert error.details() == "schlecht: 100 %\nüber €𝄞", error.details()
assert dict(error.trailing_metadata())["why-bin"] == b"\x01\x02\xff"
assert "swordfish" not in fails(grpc.StatusCode.UNKNOWN, lambda: echo["Unary"](item(action=THROW))).details()
fails(grpc.StatusCode.UNIMPLEMENTED, lambda: channel.unary_unary("/testing.v1.Echo/Nothing", None, None)(b""))
done("errors")

wait = item(action=WAIT, delay_ms=60_000)
fails(grpc.StatusCode.DEADLINE_EXCEEDED, lambda: echo["Unary"](wait, timeout=0.2))
future = echo["Unary"].future(wait)
threading.Timer(0.1, future.cancel).start()
try:
    future.result()
    raise AssertionError("the call was not cancelled")
except grpc.FutureCancelledError:
    pass
done("endings")

gzip = stubs(grpc.insecure_channel(f"localhost:{port}", compression=grpc.Compression.Gzip))
assert gzip["Unary"](item(data=bytes(200_000))) == item(data=bytes(200_000))
fails(grpc.StatusCode.RESOURCE_EXHAUSTED, lambda: gzip["Unary"](item(data=bytes(6 << 20))))
done("gzip")

health = channel.unary_unary("/grpc.health.v1.Health/Check", None, None)
assert health(b"") == b"\x08\x01"
fails(grpc.StatusCode.NOT_FOUND, lambda: health(b"\x0a\x01x"))
done("health")

for version in ("v1", "v1alpha"):
    reflection = channel.stream_stream(f"/grpc.reflection.{version}.ServerReflection/ServerReflectionInfo", None, None)
    services, file = list(reflection(iter([b"\x3a\x00", b"\x22\x0ftesting.v1.Echo"])))
    assert b"testing.v1.Echo" in services and b"echo.proto" in file
    done(f"reflection {version}")

read = lambda name: (certificates / name).read_bytes()
secure = lambda to, *files: stubs(grpc.secure_channel(f"localhost:{to}", grpc.ssl_channel_credentials(*map(read, files))))
assert secure(tls_port, "ca.pem")["Unary"](item(text=b"tls"), timeout=30) == item(text=b"tls")
assert secure(mtls_port, "ca.pem", "client.key", "client.pem")["Unary"](item(text=b"mtls"), timeout=30) == item(text=b"mtls")
fails(grpc.StatusCode.UNAVAILABLE, lambda: secure(mtls_port, "ca.pem")["Unary"](b"", timeout=30))
done("TLS")
done("all")
