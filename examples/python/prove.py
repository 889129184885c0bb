# Owns: a client of the proving service in Python, from the .proto files alone: a key, a job, its proof, a verdict.
# Called as: python3 prove.py ADDRESS KEY.zkey PROGRAM INPUTS.json; writes proof.json and public.json to the current folder.

import hashlib
import pathlib
import sys
import time
import uuid

import grpc

from contract import Contract, connect

PIECE = 512 * 1024
CONTRACT = Contract()


def unary(method, request, tries=5):
    """A call with one answer. UNAVAILABLE is tried again: the service may be starting."""
    while True:
        try:
            return method(request, timeout=120)
        except grpc.RpcError as error:
            if error.code() != grpc.StatusCode.UNAVAILABLE or tries == 0:
                raise
            tries -= 1
            asked = dict(error.trailing_metadata() or ()).get("retry-after-ms", 0)
            time.sleep(max(int(asked) / 1000, 0.2))


def upload(circuits, path):
    """Brings a file, from where an earlier upload of it stopped."""
    data = pathlib.Path(path).read_bytes()
    digest = hashlib.sha256(data).hexdigest()
    offset = 0
    try:
        stand = unary(circuits.GetUpload, CONTRACT.GetUploadRequest(hash=digest))
        if stand.complete:
            return digest
        offset = stand.committed
    except grpc.RpcError as error:
        if error.code() != grpc.StatusCode.NOT_FOUND:
            raise

    def pieces():
        yield CONTRACT.UploadFileRequest(header=CONTRACT.UploadHeader(hash=digest, size=len(data), offset=offset))
        for start in range(offset, len(data), PIECE):
            yield CONTRACT.UploadFileRequest(data=data[start:start + PIECE])

    if not circuits.UploadFile(pieces()).complete:
        raise RuntimeError("the file became shorter while it was sent")
    return digest


def register(circuits, key_hash, program):
    """The last message holds the circuit; those before tell how far the checks of the key are."""
    circuit = None
    for message in circuits.RegisterCircuit(CONTRACT.RegisterCircuitRequest(key_hash=key_hash, program=program)):
        if message.HasField("circuit"):
            circuit = message.circuit
    return circuit


def watch(jobs, job):
    """Tells every event once, whatever breaks: a new call goes on after the last number seen."""
    after, state = 0, ""
    while state not in ("JOB_STATE_DONE", "JOB_STATE_FAILED", "JOB_STATE_CANCELLED", "JOB_STATE_EXPIRED"):
        try:
            for event in jobs.WatchJob(CONTRACT.WatchJobRequest(id=job, after=after)):
                after = event.sequence
                state = CONTRACT.enum("JobState", event.state)
                phase = f" {CONTRACT.enum('Phase', event.phase)} {'ended' if event.ended else 'began'}" if event.phase else ""
                print(f"  {after} {state}{phase} {event.progress:.0%}")
        except grpc.RpcError as error:
            if error.code() != grpc.StatusCode.UNAVAILABLE:
                raise
            time.sleep(0.5)


def main(address, key_file, program, input_file):
    channel = connect(address)
    circuits, jobs, verification = (CONTRACT.stub(channel, name) for name in ("Circuits", "Jobs", "Verification"))

    circuit = register(circuits, upload(circuits, key_file), program)
    print(f"circuit {circuit.name}: {circuit.constraints} constraints, key {circuit.key_hash}")

    inputs = pathlib.Path(input_file).read_text(encoding="utf-8")
    options = CONTRACT.JobOptions(idempotency_key=str(uuid.uuid4()), labels={"from": "python"})
    request = CONTRACT.SubmitJobRequest(circuit=circuit.key_hash, inputs=inputs, options=options)
    job = unary(jobs.SubmitJob, request)
    # Sent again, as a client does that had no answer: it is the same job.
    if unary(jobs.SubmitJob, request).id != job.id:
        raise RuntimeError("an idempotency key gave two jobs")
    print(f"job {job.id}")
    watch(jobs, job.id)
    done = unary(jobs.WaitJob, CONTRACT.WaitJobRequest(id=job.id))
    if CONTRACT.enum("JobState", done.state) != "JOB_STATE_DONE":
        raise RuntimeError(f"{CONTRACT.enum('JobState', done.state)}: {done.message}")

    proof = unary(jobs.GetProof, CONTRACT.GetProofRequest(id=job.id))
    pathlib.Path("proof.json").write_text(proof.snarkjs_proof, encoding="utf-8")
    pathlib.Path("public.json").write_text(proof.snarkjs_public, encoding="utf-8")
    print(f"proof of {len(proof.compressed)} bytes in proof.json, public inputs in public.json")

    claim = CONTRACT.VerifyRequest(circuit=circuit.key_hash, compressed=proof.compressed, public_inputs=proof.public_inputs)
    verdict = CONTRACT.enum("Verdict", unary(verification.Verify, claim).verdict)
    print(f"verdict {verdict}")
    changed = bytearray(proof.public_inputs[0])
    changed[31] ^= 1
    claim.public_inputs[0] = bytes(changed)
    refused = CONTRACT.enum("Verdict", unary(verification.Verify, claim).verdict)
    print(f"verdict on another statement {refused}")
    if (verdict, refused) != ("VERDICT_VALID", "VERDICT_INVALID"):
        raise RuntimeError("these verdicts are wrong")

    request.options.idempotency_key = str(uuid.uuid4())
    unwanted = unary(jobs.SubmitJob, request)
    unary(jobs.CancelJob, CONTRACT.CancelJobRequest(id=unwanted.id))
    ended = unary(jobs.WaitJob, CONTRACT.WaitJobRequest(id=unwanted.id))
    print(f"the other job is {CONTRACT.enum('JobState', ended.state)}")


if __name__ == "__main__":
    if len(sys.argv) != 5:
        sys.exit("Called as: python3 prove.py ADDRESS KEY.zkey PROGRAM INPUTS.json")
    try:
        main(*sys.argv[1:])
    except grpc.RpcError as error:
        sys.exit(f"{error.code().name}: {error.details()}")
