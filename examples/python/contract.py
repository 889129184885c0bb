# Owns: the contract in Python, from the .proto files alone: classes of messages, and stubs over a channel. No code is
# generated: protoc describes the files, and protobuf makes classes of the description.

import os
import pathlib
import shlex
import subprocess
import tempfile

import grpc
from google.protobuf import descriptor_pb2, descriptor_pool, message_factory

PROTOS = pathlib.Path(__file__).resolve().parents[2] / "protos"


class Contract:
    """Messages as attributes (contract.Job), and stubs of services (contract.stub(channel, "Jobs").GetJob)."""

    def __init__(self, file="proving/v1/proving.proto"):
        self._pool = descriptor_pool.DescriptorPool()
        self._package = ""
        self._services = {}
        for described in _describe(file).file:
            self._pool.Add(described)
            if described.name == file:
                self._package = described.package
                self._services = {service.name: service for service in described.service}

    def __getattr__(self, name):
        try:
            found = self._class(f"{self._package}.{name}")
        except KeyError:
            raise AttributeError(name) from None
        setattr(self, name, found)
        return found

    def enum(self, name, number):
        """The name of an enum's number."""
        return self._pool.FindEnumTypeByName(f"{self._package}.{name}").values_by_number[number].name

    def stub(self, channel, service):
        """The methods of a service, as attributes."""
        return _Stub(self, channel, self._package, self._services[service])

    def _class(self, full_name):
        descriptor = self._pool.FindMessageTypeByName(full_name)
        get = getattr(message_factory, "GetMessageClass", None)
        return get(descriptor) if get else message_factory.MessageFactory(self._pool).GetPrototype(descriptor)


class _Stub:
    def __init__(self, contract, channel, package, service):
        credential = os.environ.get("ZKPS_API_KEY")
        metadata = [("authorization", f"Bearer {credential}")] if credential else None
        for method in service.method:
            kind = f"{'stream' if method.client_streaming else 'unary'}_{'stream' if method.server_streaming else 'unary'}"
            request = contract._class(method.input_type.lstrip("."))
            response = contract._class(method.output_type.lstrip("."))
            call = getattr(channel, kind)(
                f"/{package}.{service.name}/{method.name}",
                request_serializer=request.SerializeToString,
                response_deserializer=response.FromString)
            setattr(self, method.name, _with(call, metadata))


def _with(call, metadata):
    return lambda request, **options: call(request, **{"metadata": metadata, **options})


def _describe(file):
    """What protoc says of a file and all that it imports."""
    command = shlex.split(os.environ.get("PROTOC", "protoc"))
    with tempfile.TemporaryDirectory() as folder:
        described = pathlib.Path(folder) / "set"
        subprocess.run([*command, f"-I{PROTOS}", "--include_imports", f"--descriptor_set_out={described}", file], check=True)
        return descriptor_pb2.FileDescriptorSet.FromString(described.read_bytes())


def connect(address):
    """A channel to a service on this machine."""
    return grpc.insecure_channel(address)
