// Owns: @grpc/grpc-js against our server: every kind of call, metadata, endings, gzip, health, reflection, TLS and mTLS.
// Called as: node grpc.mjs PORT TLS_PORT MTLS_PORT CERTIFICATES PROTOS; prints a line a check and fails at the first that is false.

import assert from 'node:assert/strict';
import fs from 'node:fs';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import grpc from '@grpc/grpc-js';
import loader from '@grpc/proto-loader';

const [port, tlsPort, mtlsPort, certificates, protos] = process.argv.slice(2);
const here = path.dirname(fileURLToPath(import.meta.url));
const load = (folder, file) =>
  grpc.loadPackageDefinition(loader.loadSync(file, { includeDirs: [folder], enums: String, defaults: true, oneofs: true }));
const { Echo } = load(here, 'echo.proto').testing.v1;
const { Health } = load(protos, 'grpc/health/v1/health.proto').grpc.health.v1;
const insecure = grpc.credentials.createInsecure();

const done = (what) => console.log(`ok ${what}`);
const unary = (client, method, request, options = {}, metadata = new grpc.Metadata()) => new Promise((resolve) => {
  const answer = {};
  const call = client[method](request, metadata, options, (error, response) => Object.assign(answer, { error, response }));
  call.on('metadata', (headers) => { answer.headers = headers; });
  call.on('status', (status) => setImmediate(() => resolve({ ...answer, status })));
  answer.call = call;
  options.begun?.(call);
});
const all = (stream) => new Promise((resolve) => {
  const items = [];
  stream.on('data', (item) => items.push(item));
  stream.on('error', () => {});
  stream.on('status', (status) => setImmediate(() => resolve({ items, status })));
});

const client = new Echo(`localhost:${port}`, insecure);
{
  const { response } = await unary(client, 'unary', { text: 'hällo', data: Buffer.from([0, 255]), number: -7 });
  assert.deepEqual([response.text, [...response.data], response.number], ['hällo', [0, 255], -7]);
  done('unary');
}
{
  const { items, status } = await all(client.expand({ number: 500 }));
  assert.deepEqual([items.length, items[499].number, status.code], [500, 499, 0]);
  const failed = await all(client.expand({ number: 2, action: 'FAIL' }));
  assert.deepEqual([failed.items.length, failed.status.code, failed.status.details, failed.status.metadata.get('after')], [2, 10, 'after all', ['2']]);
  done('server streaming');
}
{
  const sum = await new Promise((resolve, reject) => {
    const call = client.collect((error, response) => (error ? reject(error) : resolve(response)));
    for (let i = 0; i < 50; i++) call.write({ data: Buffer.alloc(100_000) });
    call.end();
  });
  assert.deepEqual([sum.number, sum.delayMs], [50, 5_000_000]);
  done('client streaming');
}
{
  const call = client.chat();
  let next = 0;
  const ended = new Promise((resolve) => call.on('status', resolve));
  call.on('data', (item) => {
    assert.equal(item.number, next++);
    if (next < 300) call.write({ number: next }); else call.end();
  });
  call.write({ number: 0 });
  assert.equal((await ended).code, 0);
  assert.equal(next, 300);
  done('duplex streaming');
}
{
  const metadata = new grpc.Metadata();
  metadata.set('x-text', 'value');
  metadata.set('x-bytes-bin', Buffer.from([0, 1, 2, 254]));
  const { headers, status } = await unary(client, 'unary', { action: 'METADATA' }, {}, metadata);
  assert.deepEqual([headers.get('x-text'), [...headers.get('x-bytes-bin')[0]]], [['value'], [0, 1, 2, 254]]);
  assert.deepEqual([status.metadata.get('tx-text'), [...status.metadata.get('tx-bytes-bin')[0]]], [['value'], [0, 1, 2, 254]]);
  done('metadata');
}
{
  const { error } = await unary(client, 'unary', { action: 'FAIL' });
  assert.deepEqual([error.code, error.details], [3, 'schlecht: 100 %\nüber €𝄞']);
  assert.deepEqual([error.metadata.get('why'), [...error.metadata.get('why-bin')[0]]], [['because'], [1, 2, 255]]);
  const thrown = await unary(client, 'unary', { action: 'THROW' });
  assert.equal(thrown.error.code, 2);
  assert.doesNotMatch(thrown.error.details, /swordfish/);
  done('errors');
}
{
  const { error } = await unary(client, 'unary', { action: 'WAIT', delayMs: 60_000 }, { deadline: Date.now() + 200 });
  assert.equal(error.code, 4);
  const cancelled = await unary(client, 'unary', { action: 'WAIT', delayMs: 60_000 }, { begun: (call) => setTimeout(() => call.cancel(), 100) });
  assert.equal(cancelled.error.code, 1);
  const stream = client.expand({ action: 'WAIT', delayMs: 10, number: 100_000 });
  setTimeout(() => stream.cancel(), 100);
  assert.equal((await all(stream)).status.code, 1);
  done('endings');
}
{
  const gzip = new Echo(`localhost:${port}`, insecure, { 'grpc.default_compression_algorithm': 2 });
  const { response } = await unary(gzip, 'unary', { data: Buffer.alloc(200_000, 7) });
  assert.deepEqual(response.data, Buffer.alloc(200_000, 7));
  const { error } = await unary(gzip, 'unary', { data: Buffer.alloc(6 << 20) });
  assert.equal(error.code, 8);
  gzip.close();
  done('gzip');
}
{
  const health = new Health(`localhost:${port}`, insecure);
  assert.equal((await unary(health, 'check', { service: '' })).response.status, 'SERVING');
  assert.equal((await unary(health, 'check', { service: 'nothing' })).error.code, 5);
  const watch = health.watch({ service: 'nothing' });
  watch.on('error', () => {});
  assert.equal((await new Promise((resolve) => watch.once('data', resolve))).status, 'SERVICE_UNKNOWN');
  watch.cancel();
  health.close();
  done('health');
}
for (const version of ['v1', 'v1alpha']) {
  const { ServerReflection } = load(protos, `grpc/reflection/${version}/reflection.proto`).grpc.reflection[version];
  const reflection = new ServerReflection(`localhost:${port}`, insecure);
  const call = reflection.ServerReflectionInfo();
  const answers = all(call);
  call.write({ listServices: '' });
  call.write({ fileContainingSymbol: 'testing.v1.Echo' });
  call.end();
  const { items } = await answers;
  assert.ok(items[0].listServicesResponse.service.some(({ name }) => name === 'testing.v1.Echo'));

  // What is reflected is enough to call.
  const set = items[1].fileDescriptorResponse.fileDescriptorProto;
  const parts = set.flatMap((file) => {
    const length = [];
    for (let n = file.length; ; n >>>= 7) {
      if (n < 128) { length.push(n); break; }
      length.push((n & 127) | 128);
    }
    return [Buffer.from([10, ...length]), file];
  });
  const reflected = grpc.loadPackageDefinition(loader.loadFileDescriptorSetFromBuffer(Buffer.concat(parts))).testing.v1;
  const found = new reflected.Echo(`localhost:${port}`, insecure);
  assert.equal((await unary(found, 'unary', { text: 'reflected' })).response.text, 'reflected');
  found.close();
  reflection.close();
  done(`reflection ${version}`);
}
{
  const file = (name) => fs.readFileSync(path.join(certificates, name));
  const tls = new Echo(`localhost:${tlsPort}`, grpc.credentials.createSsl(file('ca.pem')));
  assert.equal((await unary(tls, 'unary', { text: 'tls' })).response.text, 'tls');
  const mtls = new Echo(`localhost:${mtlsPort}`, grpc.credentials.createSsl(file('ca.pem'), file('client.key'), file('client.pem')));
  assert.equal((await unary(mtls, 'unary', { text: 'mtls' })).response.text, 'mtls');
  const foreign = new Echo(`localhost:${mtlsPort}`, grpc.credentials.createSsl(file('ca.pem'), file('foreign.key'), file('foreign.pem')));
  assert.ok([4, 14].includes((await unary(foreign, 'unary', {}, { deadline: Date.now() + 5000 })).error.code));
  [tls, mtls, foreign].forEach((each) => each.close());
  done('TLS');
}
client.close();
done('all');
