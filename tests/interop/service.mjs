// Owns: @grpc/grpc-js against a live service: reflection, health, uploads that break off, streamed witnesses, watching from the
// middle, cancelling, verdicts on a stream, errors. The plain way from key to proof: examples/javascript.
// Called as: node service.mjs ADDRESS KEY INPUTS WTNS PROGRAM PROTOS; prints a line a check and fails at the first that is false.

import assert from 'node:assert/strict';
import crypto from 'node:crypto';
import fs from 'node:fs';
import grpc from '@grpc/grpc-js';
import loader from '@grpc/proto-loader';

const [address, keyFile, inputFile, wtnsFile, program, protos] = process.argv.slice(2);
const load = (file) => grpc.loadPackageDefinition(
  loader.loadSync(file, { includeDirs: [protos], keepCase: true, longs: Number, enums: String, defaults: true, oneofs: true }));
const contract = load('proving/v1/proving.proto').proving.v1;
const insecure = grpc.credentials.createInsecure();
const circuits = new contract.Circuits(address, insecure);
const jobs = new contract.Jobs(address, insecure);
const verification = new contract.Verification(address, insecure);
const capacity = new contract.Capacity(address, insecure);

const done = (what) => console.log(`ok ${what}`);
const unary = (client, method, request) => new Promise((resolve, reject) => {
  client[method](request, { deadline: Date.now() + 120_000 }, (error, answer) => (error ? reject(error) : resolve(answer)));
});
const fails = async (code, promise) => {
  const error = await promise.then(() => null, (fault) => fault);
  assert.equal(error?.code, code, `${code} was expected: ${error}`);
  return error;
};
const all = async (stream) => {
  const items = [];
  for await (const item of stream) items.push(item);
  return items;
};
const pause = (milliseconds) => new Promise((resolve) => setTimeout(resolve, milliseconds));

for (const version of ['v1', 'v1alpha']) {
  const { ServerReflection } = load(`grpc/reflection/${version}/reflection.proto`).grpc.reflection[version];
  const call = new ServerReflection(address, insecure).ServerReflectionInfo();
  call.write({ list_services: '' });
  call.write({ file_containing_symbol: 'proving.v1.Jobs.SubmitJob' });
  call.end();
  const [list, file] = await all(call);
  const names = list.list_services_response.service.map((service) => service.name);
  for (const name of ['Jobs', 'Circuits', 'Verification', 'Capacity']) assert.ok(names.includes(`proving.v1.${name}`), `${names}`);
  assert.ok(file.file_descriptor_response.file_descriptor_proto.length > 0);
}
done('reflection');
{
  const { Health } = load('grpc/health/v1/health.proto').grpc.health.v1;
  assert.equal((await unary(new Health(address, insecure), 'Check', {})).status, 'SERVING');
  done('health');
}

const bytes = fs.readFileSync(keyFile);
const hash = crypto.createHash('sha256').update(bytes).digest('hex');
const send = (offset, end, breakOff) => new Promise((resolve, reject) => {
  const call = circuits.UploadFile((error, answer) => (error ? reject(error) : resolve(answer)));
  call.write({ header: { hash, size: bytes.length, offset } });
  for (let at = offset; at < end; at += 1 << 16) call.write({ data: bytes.subarray(at, Math.min(end, at + (1 << 16))) });
  if (breakOff) setTimeout(() => call.cancel(), 300); else call.end();
});
{
  await fails(grpc.status.NOT_FOUND, unary(circuits, 'GetUpload', { hash }));
  const half = bytes.length >> 1;
  let committed = 0;
  for (let tries = 0; committed === 0 && tries < 20; tries++) {
    await fails(grpc.status.CANCELLED, send(0, half, true));
    for (let looks = 0; committed === 0 && looks < 20; looks++) {
      await pause(50);
      committed = (await unary(circuits, 'GetUpload', { hash }).catch(() => ({ committed: 0 }))).committed;
    }
  }
  assert.ok(committed > 0 && committed <= half, `${committed} of ${half}`);
  let refusal = grpc.status.ABORTED;
  for (let tries = 0; refusal === grpc.status.ABORTED && tries < 100; tries++) {
    // As long as the service has not noticed that the first call is gone.
    await pause(100);
    refusal = (await send(committed + bytes.length - half, bytes.length, false).catch((error) => error)).code;
  }
  assert.equal(refusal, grpc.status.OUT_OF_RANGE);
  committed = (await unary(circuits, 'GetUpload', { hash })).committed;
  const answer = await send(committed, bytes.length, false);
  assert.deepEqual([answer.complete, answer.committed, answer.hash], [true, bytes.length, hash]);
  done(`upload, broken off at ${committed} of ${bytes.length} and resumed`);
}
const messages = await all(circuits.RegisterCircuit({ key_hash: hash, program, name: 'of javascript' }));
const circuit = messages.at(-1).circuit.key_hash;
assert.equal(circuit, hash);
assert.ok(messages.at(-1).circuit.inputs.some((input) => input.name === 'start'));
done('registration');

const inputs = fs.readFileSync(inputFile, 'utf8');
const options = { idempotency_key: crypto.randomUUID(), priority: 1, labels: { who: 'javascript' } };
const job = await unary(jobs, 'SubmitJob', { circuit, inputs, options });
assert.equal((await unary(jobs, 'SubmitJob', { circuit, inputs, options })).id, job.id);
await fails(grpc.status.ALREADY_EXISTS, unary(jobs, 'SubmitJob', { circuit, inputs: inputs + ' ', options }));
done('submission');
{
  const events = await all(jobs.WatchJob({ id: job.id }));
  assert.deepEqual(events.map((event) => event.sequence), events.map((_, index) => index + 1));
  assert.deepEqual([events[0].state, events.at(-1).state], ['JOB_STATE_QUEUED', 'JOB_STATE_DONE']);
  const rest = await all(jobs.WatchJob({ id: job.id, after: 2 }));
  assert.deepEqual(rest, events.slice(2));
  done(`watching, ${events.length} events`);
}
const proof = await unary(jobs, 'GetProof', { id: job.id });
{
  const wtns = fs.readFileSync(wtnsFile);
  const witnessed = await new Promise((resolve, reject) => {
    const call = jobs.SubmitWitness((error, answer) => (error ? reject(error) : resolve(answer)));
    call.write({ header: { circuit, size: wtns.length, options: { idempotency_key: crypto.randomUUID() } } });
    for (let at = 0; at < wtns.length; at += 1000) call.write({ data: wtns.subarray(at, at + 1000) });
    call.end();
  });
  const finished = await unary(jobs, 'WaitJob', { id: witnessed.id });
  assert.equal(finished.state, 'JOB_STATE_DONE', finished.message);
  assert.equal((await unary(jobs, 'GetProof', { id: witnessed.id })).snarkjs_public, proof.snarkjs_public);
  done('a streamed witness');
}
{
  const other = await unary(jobs, 'SubmitJob', { circuit, inputs, options: { idempotency_key: crypto.randomUUID() } });
  await unary(jobs, 'CancelJob', { id: other.id });
  const finished = await unary(jobs, 'WaitJob', { id: other.id });
  assert.ok(['JOB_STATE_CANCELLED', 'JOB_STATE_DONE'].includes(finished.state), finished.state);
  const list = await unary(jobs, 'ListJobs', { labels: ['who=javascript'] });
  assert.deepEqual(list.jobs.map((each) => each.id), [job.id]);
  done('cancelling and listing');
}
{
  const call = verification.VerifyStream();
  const changed = Buffer.from(proof.public_inputs[0]);
  changed[31] ^= 1;
  for (let i = 0; i < 9; i++) {
    call.write({ circuit, compressed: proof.compressed, public_inputs: [i === 4 ? changed : proof.public_inputs[0]], tag: `claim ${i}` });
  }
  call.end();
  const verdicts = await all(call);
  assert.deepEqual(verdicts.map(({ tag }) => tag), [...Array(9).keys()].map((i) => `claim ${i}`));
  assert.deepEqual(verdicts.map(({ verdict }) => verdict), [...Array(9).keys()].map((i) => (i === 4 ? 'VERDICT_INVALID' : 'VERDICT_VALID')));
  done('a stream of verdicts with one false proof');
}
{
  await fails(grpc.status.INVALID_ARGUMENT, unary(jobs, 'GetJob', { id: 'none' }));
  await fails(grpc.status.NOT_FOUND, unary(jobs, 'GetJob', { id: crypto.randomUUID() }));
  const error = await fails(grpc.status.INVALID_ARGUMENT, unary(jobs, 'SubmitJob', { circuit, inputs: '{"start": ' }));
  assert.match(error.details, /inputs.*JSON/);
  assert.ok((await unary(capacity, 'GetCapacity', {})).workers.length > 0);
  assert.equal((await unary(capacity, 'GetServiceInfo', {})).receipt_key.length, 32);
  done('errors and capacity');
}
console.log('ok all');
process.exit(0);
