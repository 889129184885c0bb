// Owns: whole proofs by zkps and by snarkjs, as whole processes on the same files, turn by turn in one run.
//
// node bench/beside-snarkjs.mjs [--sizes 14,16,18] [--curves bls12-381,bn254] [--runs 3] [--json FILE]
//
// Needs `dotnet publish src/ProvingService.Cli -c Release -o out` and `npm ci` in tests/interop. Chains have 2^k − 16
// multiplications with full-size values; keys come from `zkps setup insecure`. Peak memory and user seconds are read from
// /proc while a process runs, so they may miss its last 20 milliseconds.

import { spawn, execFileSync } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { cpus, tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";

const root = join(dirname(fileURLToPath(import.meta.url)), "..");
const zkps = join(root, "out", "zkps");
const snarkjs = process.env.SNARKJS ?? join(root, "tests", "interop", "node_modules", "snarkjs", "build", "cli.cjs");

const options = { sizes: "14,16,18", curves: "bls12-381,bn254", runs: "3", json: "" };
for (let i = 2; i < process.argv.length; i += 2) options[process.argv[i].slice(2)] = process.argv[i + 1];

function measure(command, args) {
  return new Promise((resolve, reject) => {
    const start = process.hrtime.bigint();
    const child = spawn(command, args, { stdio: ["ignore", "ignore", "pipe"] });
    let peak = 0, user = 0, errors = "";
    const look = () => {
      try {
        peak = Number(/VmHWM:\s+(\d+)/.exec(readFileSync(`/proc/${child.pid}/status`, "utf8"))[1]) * 1024;
        user = Number(readFileSync(`/proc/${child.pid}/stat`, "utf8").split(") ")[1].split(" ")[11]) / 100;
      } catch { /* the process has just ended */ }
    };
    const timer = setInterval(look, 20);
    child.stderr.on("data", (data) => { errors += data; });
    child.on("close", (code) => {
      clearInterval(timer);
      const seconds = Number(process.hrtime.bigint() - start) / 1e9;
      if (code !== 0) reject(new Error(`${command} ${args.join(" ")}: exit code ${code}\n${errors}`));
      else resolve({ seconds, peak, user });
    });
  });
}

const median = (values) => [...values].sort((a, b) => a - b)[Math.floor(values.length / 2)];

const rows = [];
for (const curve of options.curves.split(",")) {
  for (const size of options.sizes.split(",").map(Number)) {
    const folder = mkdtempSync(join(tmpdir(), "zkps-bench-"));
    const file = (name) => join(folder, name);
    try {
      const name = `multiplication-chain-${2 ** size - 16}`;
      const run = (...args) => execFileSync(zkps, args, { stdio: ["ignore", "ignore", "inherit"] });
      run("circuit", "compile", name, "--curve", curve, "-o", folder);
      run("witness", name, "--curve", curve, "--input", join(root, "circuits", "examples", "multiplication-chain.json"), "-o", file("w.wtns"));
      run("setup", "insecure", "--r1cs", file(`${name}.r1cs`), "-o", file("k.zkey"));
      run("setup", "zkey", "export-vk", "--zkey", file("k.zkey"), "-o", file("vk.json"));
      const ours = [], theirs = [];
      for (let i = 0; i < Number(options.runs); i++) {
        ours.push(await measure(zkps, ["prove", "--zkey", file("k.zkey"), "--wtns", file("w.wtns"), "--proof", file("p1.json"), "--public", file("u1.json")]));
        theirs.push(await measure(process.execPath, [snarkjs, "groth16", "prove", file("k.zkey"), file("w.wtns"), file("p2.json"), file("u2.json")]));
      }
      await measure(process.execPath, [snarkjs, "groth16", "verify", file("vk.json"), file("u1.json"), file("p1.json")]);
      run("verify", "--vk", file("vk.json"), "--public", file("u2.json"), "--proof", file("p2.json"));
      const summary = (runs) => ({
        median: median(runs.map((r) => r.seconds)),
        minimum: Math.min(...runs.map((r) => r.seconds)),
        userSeconds: median(runs.map((r) => r.user)),
        peakMemoryBytes: Math.max(...runs.map((r) => r.peak)),
      });
      const row = { curve, size, zkps: summary(ours), snarkjs: summary(theirs) };
      row.ratio = row.snarkjs.median / row.zkps.median;
      rows.push(row);
      const show = (s) => `${s.median.toFixed(2)} s, ${(s.peakMemoryBytes / 1e6).toFixed(0)} MB`;
      console.log(`${curve} 2^${size}: zkps ${show(row.zkps)}; snarkjs ${show(row.snarkjs)}; ratio ${row.ratio.toFixed(2)}`);
    } finally {
      rmSync(folder, { recursive: true });
    }
  }
}

if (options.json) {
  const machine = { processor: cpus()[0].model.trim(), cores: cpus().length, node: process.version };
  writeFileSync(options.json, JSON.stringify({ machine, runs: Number(options.runs), rows }, null, 2) + "\n");
}
