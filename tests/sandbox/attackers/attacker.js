"use strict";
// What a Node function that wants out tries, inside its sandbox: tests/wire/interpreters.py asks for it and reads what
// it answers. Every wall is tried once; the names of those that give way are the answer.
const child = require("child_process");
const dgram = require("dgram");
const dns = require("dns");
const fs = require("fs");
const net = require("net");
const os = require("os");
const { Worker } = require("worker_threads");

const MIB = 1 << 20;
let breaches = [], walls = 0, served = 0;

function wall(name, holds) {
  walls++;
  if (!holds)
    breaches.push(name);
}

// The call throws; with one of these codes where any are named.
function fails(call, ...codes) {
  try {
    call();
  } catch (error) {
    return codes.length === 0 || codes.includes(error.code);
  }
  return false;
}

// ---- Files ----
function filesOfTheHost(event) {
  const known = ["bin", "dev", "etc", "lib", "lib64", "node_modules", "opt", "proc", "tmp", "usr", "var"];
  for (const name of fs.readdirSync("/"))
    wall("in the root: " + name, known.includes(name));
  for (const path of ["/etc/shadow", "/root", "/home", "/sys", "/boot", "/run", "/mnt", "/srv", "/dev/mem", "/dev/kmsg", "/dev/tty",
    "/dev/ptmx", "/dev/shm", "/proc/sys", "/proc/kcore", "/proc/kallsyms", "/proc/sysrq-trigger", "/proc/meminfo", "/proc/cmdline",
    "/proc/partitions", "/usr/local/lib", "/usr/share/doc", "/usr/include", "/usr/lib/python3", "/usr/lib/node_modules", "/var/lib",
    "/var/log", "/var/run", event.data, event.data + "/credentials", "/var/task/../../.." + event.data])
    wall(path, !fs.existsSync(path));
  for (const path of ["/etc/passwd", "/etc/group", "/etc/hostname", "/etc/machine-id"])
    wall(path, !fs.existsSync(path) || !fs.readFileSync(path, "utf8").includes(event.host));
}

function writes() {
  for (const path of ["/x", "/var/x", "/var/task/x", "/var/runtime/x", "/opt/x", "/etc/x", "/dev/x", "/proc/x", "/usr/x", "/usr/lib/x"]) {
    wall("a file at " + path, fails(() => fs.writeFileSync(path, "x")));
    wall("a folder at " + path, fails(() => fs.mkdirSync(path)));
    wall("a link at " + path, fails(() => fs.symlinkSync("/tmp", path)));
  }
  for (const path of [process.execPath, "/proc/self/exe", "/var/runtime/bootstrap.js", "/var/task/attacker.js", "/etc/resolv.conf",
    "/etc/ssl/certs/ca-certificates.crt"]) {
    wall("writing " + path, fails(() => fs.openSync(path, "r+")));
    wall("appending to " + path, fails(() => fs.openSync(path, "a")));
    wall("mode of " + path, fails(() => fs.chmodSync(path, 0o777)));
    wall("removing " + path, fails(() => fs.unlinkSync(path)));
    wall("renaming " + path, fails(() => fs.renameSync(path, path + ".old")));
  }
}

function descriptors() {
  for (const name of fs.readdirSync("/proc/self/fd")) {
    let to = "";
    try {
      to = fs.readlinkSync("/proc/self/fd/" + name);
    } catch {
      continue; // the folder's own, closed by now
    }
    wall(`descriptor ${name}: ${to}`, /^(pipe:|socket:|anon_inode:|\/dev\/(null|urandom|random)$|\/proc\/\d+\/fd$)/.test(to));
  }
  for (const list of ["mountinfo", "mounts", "mountstats"])
    wall(list, fs.readFileSync("/proc/self/" + list, "utf8") === "");
}

// ---- Processes ----
function processes() {
  for (const name of fs.readdirSync("/proc"))
    wall("process " + name, !/^\d+$/.test(name) || Number(name) === process.pid);
  for (const name of ["", "fd", "environ", "root", "maps", "mem", "cwd", "exe", "status"])
    wall("/proc/1/" + name, fails(() => fs.lstatSync("/proc/1/" + name)));
  for (const signal of ["SIGTERM", "SIGSTOP", "SIGKILL"])
    fails(() => process.kill(1, signal));
  wall("another's process", fails(() => process.kill(2 ** 22 - 7, 0), "ESRCH"));
  const status = fs.readFileSync("/proc/self/status", "utf8");
  for (const line of ["Seccomp:\t2", "NoNewPrivs:\t1", "CapEff:\t" + "0".repeat(16), "CapBnd:\t" + "0".repeat(16)])
    wall(line, status.includes(line + "\n"));
  wall("not root", process.getuid() !== 0 && process.getgid() !== 0 && !process.getgroups().includes(0));
  wall("setuid", fails(() => process.setuid(0)) && fails(() => process.setgid(0)) && fails(() => process.setgroups([0])));
  wall("niceness below ours", fails(() => os.setPriority(-10)));
  wall("cgroup", !fs.readFileSync("/proc/self/cgroup", "utf8").includes("calotype"));
  const helper = child.spawnSync(process.execPath, ["-e", "process.stdout.write(String(process.getuid()))"]);
  wall("a helper is no other", helper.status === 0 && helper.stdout.toString() === String(process.getuid()));
}

// ---- Network ----
function outcome(start, ok) {
  return new Promise((resolve) => {
    const late = setTimeout(resolve, 5000, "ETIMEDOUT");
    start((code) => {
      clearTimeout(late);
      resolve(code);
    });
  });
}

const connect = (to) => outcome((done) => {
  const socket = net.connect(to, () => { socket.destroy(); done("connected"); });
  socket.on("error", (error) => done(error.code));
});

async function network(event) {
  const began = Date.now();
  for (const port of event.ports) {
    wall("the host's port " + port, await connect({ host: "127.0.0.1", port }) === "ECONNREFUSED");
    wall(`the host's port ${port} by IPv6`, await connect({ host: "::1", port }) !== "connected");
  }
  for (const host of [event.address, "192.0.2.1", "10.0.0.1", "169.254.169.254"])
    wall(host, await connect({ host, port: 80 }) === "ENETUNREACH");
  wall("a name outside", await outcome((done) => dns.lookup("example.com", (error) => done(error ? error.code : "found"))) === "ENOTFOUND");
  wall("the host's abstract socket", await connect({ path: "\0" + event.abstract }) !== "connected");
  const udp = await outcome((done) => {
    const socket = dgram.createSocket("udp4");
    socket.on("error", () => {});
    socket.send("x", 53, "192.0.2.1", (error) => { socket.close(); done(error ? error.code : "sent"); });
  });
  wall("a datagram", udp === "ENETUNREACH");
  wall("it says so at once", Date.now() - began < 10000);
  wall("no interface but lo", Object.keys(fails(() => os.networkInterfaces()) ? {} : os.networkInterfaces()).every((name) => name === "lo"));
  wall("the runtime API is there", await connect({ host: "127.0.0.1", port: 9001 }) === "connected");
}

function keys(event) {
  for (const [name, value] of Object.entries(process.env))
    wall("the daemon's key in " + name, !event.keys.some((part) => value.includes(part)));
  wall("a session's key", process.env.AWS_ACCESS_KEY_ID.startsWith("ASIA"));
}

// ---- Bombs ----
const forever = () => new Promise((resolve) => setTimeout(resolve, 600000));

// What says "up" when it runs: how many came so far, one after the other.
async function until(most, start) {
  for (let n = 0; n < most; n++) {
    const why = await outcome((done) => start(done));
    if (why !== "up")
      return { n, why };
  }
  return { n: most };
}

const forks = () => until(2000, (done) => {
  const helper = child.spawn("/proc/self/exe", ["-e", "console.log(1); setTimeout(() => {}, 600000)"]);
  helper.on("error", (error) => done(error.code));
  helper.on("exit", (code) => done("exit " + code));
  helper.stdout.on("data", () => done("up"));
});

const threads = () => until(2000, (done) => {
  const worker = new Worker("require('worker_threads').parentPort.postMessage(1); setInterval(() => {}, 1000)", { eval: true });
  worker.on("error", (error) => done(error.code));
  worker.on("message", () => done("up"));
});

function memory() {
  const held = [];
  for (;;)
    held.push(Buffer.alloc(MIB, 1));
}

// More than V8 gives: it ends the program itself, or the limit does.
function memory_of_objects() {
  const held = [];
  for (;;)
    held.push(new Array(1000).fill(held.length));
}

function memory_of_threads() {
  for (let i = 0; i < 4; i++)
    new Worker("const held = []; for (;;) held.push(Buffer.alloc(1 << 20, 1));", { eval: true });
  return forever();
}

function memory_of_children() {
  for (let i = 0; i < 4; i++)
    child.spawn(process.execPath, ["-e", "const held = []; for (;;) held.push(Buffer.alloc(1 << 20, 1));"]);
  return forever();
}

function files() {
  const held = [];
  try {
    for (;;)
      held.push(fs.openSync("/dev/null", "r"));
  } catch (error) {
    held.forEach((fd) => fs.closeSync(fd));
    return { n: held.length, why: error.code };
  }
}

function fill() {
  const fd = fs.openSync("/tmp/big", "w"), mib = Buffer.alloc(MIB, 1);
  let n = 0;
  try {
    for (; n < 4096; n += fs.writeSync(fd, mib) === MIB) ;
  } catch (error) {
    return { n, why: error.code };
  }
}

const empty = () => fs.unlinkSync("/tmp/big");

async function escape(event) {
  breaches = [];
  for (const attempt of [filesOfTheHost, writes, descriptors, processes, network, keys])
    await attempt(event);
  return { breaches, walls };
}

// What the machine looks like to who sizes a pool by it.
const machine = () => ({ cpus: os.cpus().length, parallel: os.availableParallelism(), total: os.totalmem(), free: os.freemem(),
  rss: process.memoryUsage().rss, load: os.loadavg().length, uptime: os.uptime() });

const life = () => ({ served: ++served, lives: fs.readdirSync("/tmp").filter((name) => name.startsWith("life-")).length });

fs.writeFileSync("/tmp/life-" + process.hrtime.bigint(), "");
const acts = { escape, forks, threads, memory, memory_of_objects, memory_of_threads, memory_of_children, files, fill, empty, life, machine };
exports.handler = async (event) => await acts[event.do](event);
