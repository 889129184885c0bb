# Owns: python3-grpcio against a live service: reflection, health, uploads that break off, streamed witnesses, watching from
# the middle, cancelling, verdicts on a stream, errors. The plain way from key to proof: examples/python.
# Called as: python3 service_client.py ADDRESS KEY INPUTS WTNS PROGRAM; prints a line a check and fails at the first that is false.

import hashlib
import pathlib
import sys
import threading
import time
import uuid

import grpc

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[2] / "examples" / "python"))
from contract import Contract, connect  # noqa: E402

address, key_file, input_file, wtns_file, program = sys.argv[1:]
channel = connect(address)
c = Contract()
circuits, jobs, verification, capacity = (c.stub(channel, name) for name in ("Circuits", "Jobs", "Verification", "Capacity"))


def done(what):
    print("ok", what, flush=True)


def fails(code, call):
    try:
        call()
    except grpc.RpcError as error:
        assert error.code() == code, f"{code} was expected: {error}"
        return error
    raise AssertionError(f"{code} was expected")


def state(job):
    return c.enum("JobState", job.state)


for version in ("v1", "v1alpha"):
    r = Contract(f"grpc/reflection/{version}/reflection.proto")
    asked = iter([r.ServerReflectionRequest(list_services=""), r.ServerReflectionRequest(file_containing_symbol="proving.v1.Jobs")])
    listed, file = r.stub(channel, "ServerReflection").ServerReflectionInfo(asked)
    names = {service.name for service in listed.list_services_response.service}
    assert {f"proving.v1.{name}" for name in ("Jobs", "Circuits", "Verification", "Capacity")} <= names, names
    assert file.file_descriptor_response.file_descriptor_proto
done("reflection")

h = Contract("grpc/health/v1/health.proto")
assert h.stub(channel, "Health").Check(h.HealthCheckRequest()).status == 1
done("health")

data = pathlib.Path(key_file).read_bytes()
digest = hashlib.sha256(data).hexdigest()


def pieces(offset, end, hold=None):
    yield c.UploadFileRequest(header=c.UploadHeader(hash=digest, size=len(data), offset=offset))
    for at in range(offset, end, 1 << 16):
        yield c.UploadFileRequest(data=data[at:min(end, at + (1 << 16))])
    if hold:
        hold.wait(60)


def committed():
    try:
        return circuits.GetUpload(c.GetUploadRequest(hash=digest)).committed
    except grpc.RpcError as error:
        assert error.code() == grpc.StatusCode.NOT_FOUND, error
        return 0


assert committed() == 0
half = len(data) // 2
stand = 0
for _ in range(20):
    # The connection is cut while the service waits for more.
    own, hold = grpc.insecure_channel(address), threading.Event()
    broken = own.stream_unary(
        "/proving.v1.Circuits/UploadFile", request_serializer=c.UploadFileRequest.SerializeToString,
        response_deserializer=c.Upload.FromString).future(pieces(0, half, hold))
    time.sleep(0.3)
    own.close()
    hold.set()
    for _ in range(20):
        stand = committed()
        if stand:
            break
        time.sleep(0.05)
    if stand:
        break
assert 0 < stand <= half, (stand, half)
for _ in range(100):
    # ABORTED as long as the service has not noticed that the first call is gone.
    try:
        circuits.UploadFile(pieces(stand + len(data) - half, len(data)))
    except grpc.RpcError as error:
        refusal = error.code()
        if refusal != grpc.StatusCode.ABORTED:
            break
    time.sleep(0.1)
assert refusal == grpc.StatusCode.OUT_OF_RANGE, refusal
stand = committed()
upload = circuits.UploadFile(pieces(stand, len(data)))
assert upload.complete and upload.committed == len(data)
done(f"upload, broken off at {stand} of {len(data)} and resumed")

messages = list(circuits.RegisterCircuit(c.RegisterCircuitRequest(key_hash=digest, program=program, name="of python")))
circuit = messages[-1].circuit.key_hash
assert circuit == digest
done("registration")

inputs = pathlib.Path(input_file).read_text(encoding="utf-8")
options = c.JobOptions(idempotency_key=str(uuid.uuid4()), labels={"who": "python"})
request = c.SubmitJobRequest(circuit=circuit, inputs=inputs, options=options)
job = jobs.SubmitJob(request)
assert jobs.SubmitJob(request).id == job.id
other = c.SubmitJobRequest(circuit=circuit, inputs=inputs + " ", options=options)
fails(grpc.StatusCode.ALREADY_EXISTS, lambda: jobs.SubmitJob(other))
done("submission")

events = list(jobs.WatchJob(c.WatchJobRequest(id=job.id)))
assert [event.sequence for event in events] == list(range(1, len(events) + 1))
assert [state(events[0]), state(events[-1])] == ["JOB_STATE_QUEUED", "JOB_STATE_DONE"]
assert list(jobs.WatchJob(c.WatchJobRequest(id=job.id, after=2))) == events[2:]
done(f"watching, {len(events)} events")
proof = jobs.GetProof(c.GetProofRequest(id=job.id))

wtns = pathlib.Path(wtns_file).read_bytes()


def witness():
    own = c.JobOptions(idempotency_key=str(uuid.uuid4()))
    yield c.SubmitWitnessRequest(header=c.WitnessHeader(circuit=circuit, size=len(wtns), options=own))
    for at in range(0, len(wtns), 1000):
        yield c.SubmitWitnessRequest(data=wtns[at:at + 1000])


witnessed = jobs.WaitJob(c.WaitJobRequest(id=jobs.SubmitWitness(witness()).id))
assert state(witnessed) == "JOB_STATE_DONE", witnessed
assert jobs.GetProof(c.GetProofRequest(id=witnessed.id)).snarkjs_public == proof.snarkjs_public
done("a streamed witness")

request.options.idempotency_key = str(uuid.uuid4())
del request.options.labels["who"]
unwanted = jobs.SubmitJob(request)
jobs.CancelJob(c.CancelJobRequest(id=unwanted.id))
assert state(jobs.WaitJob(c.WaitJobRequest(id=unwanted.id))) in ("JOB_STATE_CANCELLED", "JOB_STATE_DONE")
assert [each.id for each in jobs.ListJobs(c.ListJobsRequest(labels=["who=python"])).jobs] == [job.id]
done("cancelling and listing")

changed = bytearray(proof.public_inputs[0])
changed[31] ^= 1
claims = [
    c.VerifyRequest(
        circuit=circuit, compressed=proof.compressed, public_inputs=[bytes(changed) if i == 4 else proof.public_inputs[0]], tag=f"claim {i}")
    for i in range(9)]
verdicts = list(verification.VerifyStream(iter(claims)))
assert [verdict.tag for verdict in verdicts] == [f"claim {i}" for i in range(9)]
expected = ["VERDICT_INVALID" if i == 4 else "VERDICT_VALID" for i in range(9)]
assert [c.enum("Verdict", verdict.verdict) for verdict in verdicts] == expected
done("a stream of verdicts with one false proof")

fails(grpc.StatusCode.INVALID_ARGUMENT, lambda: jobs.GetJob(c.GetJobRequest(id="none")))
fails(grpc.StatusCode.NOT_FOUND, lambda: jobs.GetJob(c.GetJobRequest(id=str(uuid.uuid4()))))
error = fails(grpc.StatusCode.INVALID_ARGUMENT, lambda: jobs.SubmitJob(c.SubmitJobRequest(circuit=circuit, inputs='{"start": ')))
assert "JSON" in error.details()
assert capacity.GetCapacity(c.GetCapacityRequest()).workers
assert len(capacity.GetServiceInfo(c.GetServiceInfoRequest()).receipt_key) == 32
done("errors and capacity")
print("ok all")
