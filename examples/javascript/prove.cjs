// Owns: a client of the proving service in JavaScript, from the .proto files alone: a key, a job, its proof, a verdict.
// Called as: node prove.cjs ADDRESS KEY.zkey PROGRAM INPUTS.json; writes proof.json and public.json to the current folder.

'use strict';

const crypto = require('node:crypto');
const fs = require('node:fs');
const path = require('node:path');
const grpc = require('@grpc/grpc-js');
const loader = require('@grpc/proto-loader');

const PIECE = 512 * 1024;
const FINAL = ['JOB_STATE_DONE', 'JOB_STATE_FAILED', 'JOB_STATE_CANCELLED', 'JOB_STATE_EXPIRED'];

const [address, keyFile, program, inputFile] = process.argv.slice(2);
if (!inputFile) {
  console.error('Called as: node prove.cjs ADDRESS KEY.zkey PROGRAM INPUTS.json');
  process.exit(2);
}

const protos = path.join(__dirname, '..', '..', 'protos');
const contract = grpc.loadPackageDefinition(loader.loadSync('proving/v1/proving.proto', {
  includeDirs: [protos], keepCase: true, longs: Number, enums: String, defaults: true, oneofs: true,
})).proving.v1;
const credentials = grpc.credentials.createInsecure();
const circuits = new contract.Circuits(address, credentials);
const jobs = new contract.Jobs(address, credentials);
const verification = new contract.Verification(address, credentials);

/** Who calls, where the service asks. */
function metadata() {
  const made = new grpc.Metadata();
  if (process.env.ZKPS_API_KEY) made.set('authorization', `Bearer ${process.env.ZKPS_API_KEY}`);
  return made;
}

/** A call with one answer. UNAVAILABLE is tried again: the service may be starting. */
async function unary(client, method, request, tries = 5) {
  try {
    return await new Promise((resolve, reject) => {
      client[method](request, metadata(), { deadline: Date.now() + 120_000 }, (error, answer) => (error ? reject(error) : resolve(answer)));
    });
  } catch (error) {
    if (error.code !== grpc.status.UNAVAILABLE || tries === 0) throw error;
    const asked = Number(error.metadata?.get('retry-after-ms')[0] ?? 0);
    await new Promise((resolve) => setTimeout(resolve, Math.max(asked, 200)));
    return unary(client, method, request, tries - 1);
  }
}

/** Brings a file, from where an earlier upload of it stopped. */
async function upload(file) {
  const bytes = fs.readFileSync(file);
  const hash = crypto.createHash('sha256').update(bytes).digest('hex');
  let offset = 0;
  try {
    const stand = await unary(circuits, 'GetUpload', { hash });
    if (stand.complete) return hash;
    offset = stand.committed;
  } catch (error) {
    if (error.code !== grpc.status.NOT_FOUND) throw error;
  }
  const answer = await new Promise((resolve, reject) => {
    const call = circuits.UploadFile(metadata(), (error, done) => (error ? reject(error) : resolve(done)));
    call.write({ header: { hash, size: bytes.length, offset } });
    const next = () => {
      while (offset < bytes.length) {
        const piece = bytes.subarray(offset, offset + PIECE);
        offset += piece.length;
        if (!call.write({ data: piece })) {
          call.once('drain', next);
          return;
        }
      }
      call.end();
    };
    next();
  });
  if (!answer.complete) throw new Error('the file became shorter while it was sent');
  return hash;
}

/** The last message holds the circuit; those before tell how far the checks of the key are. */
async function register(keyHash) {
  let circuit = null;
  for await (const message of circuits.RegisterCircuit({ key_hash: keyHash, program }, metadata())) {
    if (message.circuit) circuit = message.circuit;
  }
  return circuit;
}

/** Tells every event once, whatever breaks: a new call goes on after the last number seen. */
async function watch(id) {
  for (let after = 0, state = ''; !FINAL.includes(state);) {
    try {
      for await (const event of jobs.WatchJob({ id, after }, metadata())) {
        after = event.sequence;
        state = event.state;
        const phase = event.phase === 'PHASE_UNSPECIFIED' ? '' : ` ${event.phase} ${event.ended ? 'ended' : 'began'}`;
        console.log(`  ${event.sequence} ${state}${phase} ${Math.round(100 * event.progress)} %`);
      }
    } catch (error) {
      if (error.code !== grpc.status.UNAVAILABLE) throw error;
      await new Promise((resolve) => setTimeout(resolve, 500));
    }
  }
}

async function main() {
  const circuit = await register(await upload(keyFile));
  console.log(`circuit ${circuit.name}: ${circuit.constraints} constraints, key ${circuit.key_hash}`);

  const inputs = fs.readFileSync(inputFile, 'utf8');
  const request = { circuit: circuit.key_hash, inputs, options: { idempotency_key: crypto.randomUUID(), labels: { from: 'javascript' } } };
  const job = await unary(jobs, 'SubmitJob', request);
  // Sent again, as a client does that had no answer: it is the same job.
  const again = await unary(jobs, 'SubmitJob', request);
  if (again.id !== job.id) throw new Error('an idempotency key gave two jobs');
  console.log(`job ${job.id}`);
  await watch(job.id);
  const done = await unary(jobs, 'WaitJob', { id: job.id });
  if (done.state !== 'JOB_STATE_DONE') throw new Error(`${done.state} ${done.reason}: ${done.message}`);

  const proof = await unary(jobs, 'GetProof', { id: job.id });
  fs.writeFileSync('proof.json', proof.snarkjs_proof);
  fs.writeFileSync('public.json', proof.snarkjs_public);
  console.log(`proof of ${proof.compressed.length} bytes in proof.json, public inputs in public.json`);

  const claim = { circuit: circuit.key_hash, compressed: proof.compressed, public_inputs: proof.public_inputs };
  const verdict = await unary(verification, 'Verify', claim);
  console.log(`verdict ${verdict.verdict}`);
  const changed = Buffer.from(proof.public_inputs[0]);
  changed[31] ^= 1;
  const refused = await unary(verification, 'Verify', { ...claim, public_inputs: [changed] });
  console.log(`verdict on another statement ${refused.verdict}`);
  if (verdict.verdict !== 'VERDICT_VALID' || refused.verdict !== 'VERDICT_INVALID') throw new Error('these verdicts are wrong');

  const unwanted = await unary(jobs, 'SubmitJob', { circuit: circuit.key_hash, inputs, options: { idempotency_key: crypto.randomUUID() } });
  await unary(jobs, 'CancelJob', { id: unwanted.id });
  const ended = await unary(jobs, 'WaitJob', { id: unwanted.id });
  console.log(`the other job is ${ended.state}`);
}

main().then(() => process.exit(0), (error) => {
  console.error(error.message);
  process.exit(1);
});
