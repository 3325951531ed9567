/*
 * npm's sharp, one thread and no cache, for bench/image.py and bench/quality.py. A line of JSON on stdin is one job,
 * a line on stdout its answer.
 *
 *   {"do":"separate"|"cascade", "path", "edges":[1600,800,200], "quality":80, "format":"jpeg"|"png"}
 *       -> {"cpu_us", "sizes":[bytes of each]}: all processor time of this process, from bytes to encoded outputs
 *   {"do":"make", "path", "to", "how":"progressive"|"420"|"png"|"rgba"}: an input made of a photograph
 *   {"do":"compare", "path", "quality", "chroma", "ours":[{"path","edge"}]}
 *       -> {"rows":[{"edge", "ours":[dB of Y, Cb, Cr], "sharp":[...], "width", "height"}]}: each against the original
 *          decoded whole and reduced by Lanczos with a = 3 in floating point
 *   {"do":"peak"} -> {"peak_kib"}: what this process held at most
 */
import { readFileSync } from "node:fs";
import { createInterface } from "node:readline";
import sharp from "sharp";

sharp.concurrency(1);
sharp.cache(false);

const inside = (edge) => ({ width: edge, height: edge, fit: "inside", withoutEnlargement: true });
const encode = (image, job) => (job.format === "png" ? image.png() : image.jpeg({ quality: job.quality })).toBuffer();

/* As its manual has it: a call for each output. */
async function separate(bytes, job) {
  const out = [];
  for (const edge of job.edges) out.push(await encode(sharp(bytes).autoOrient().resize(inside(edge)), job));
  return out;
}

/* By hand: one decode, and each output reduced from the one before. */
async function cascade(bytes, job) {
  const out = [];
  let at = sharp(bytes).autoOrient();
  for (const edge of job.edges) {
    const { data, info } = await at.resize(inside(edge)).raw().toBuffer({ resolveWithObject: true });
    const raw = { raw: { width: info.width, height: info.height, channels: info.channels } };
    out.push(await encode(sharp(data, raw), job));
    at = sharp(data, raw);
  }
  return out;
}

async function timed(work, job) {
  const bytes = readFileSync(job.path);
  const before = process.cpuUsage();
  const out = await work(bytes, job);
  const used = process.cpuUsage(before);
  return { cpu_us: used.user + used.system, sizes: out.map((b) => b.length) };
}

/* ---- Inputs ---- */

async function rgba(path) {
  const { data, info } = await sharp(path).autoOrient().raw().toBuffer({ resolveWithObject: true });
  const { width, height } = info;
  const out = Buffer.alloc(width * height * 4);
  for (let y = 0, i = 0; y < height; y++)
    for (let x = 0; x < width; x++, i++) {
      out[4 * i] = data[3 * i];
      out[4 * i + 1] = data[3 * i + 1];
      out[4 * i + 2] = data[3 * i + 2];
      const d = Math.hypot((2 * x) / width - 1, (2 * y) / height - 1); // clear corners, a soft edge
      out[4 * i + 3] = Math.max(0, Math.min(255, Math.round((1.2 - d) * 800)));
    }
  return sharp(out, { raw: { width, height, channels: 4 } });
}
const makers = {
  progressive: (path) => sharp(path).autoOrient().jpeg({ quality: 92, progressive: true }),
  progressive444: (path) =>
    sharp(path).autoOrient().jpeg({ quality: 92, progressive: true, chromaSubsampling: "4:4:4" }),
  420: (path) => sharp(path).autoOrient().jpeg({ quality: 92, chromaSubsampling: "4:2:0" }),
  png: (path) => sharp(path).autoOrient().png(),
  rgba: async (path) => (await rgba(path)).png(),
};
async function make(job) {
  await (await makers[job.how](job.path)).toFile(job.to);
  return {};
}

/* ---- Quality ---- */

/* Y, Cb and Cr of 8-bit sRGB (JFIF's), as floats. */
async function planes(source, chroma) {
  const { data, info } = await sharp(source).autoOrient().flatten({ background: "#fff" }).toColourspace("srgb").raw()
    .toBuffer({ resolveWithObject: true });
  const n = info.width * info.height, step = info.channels;
  const of = [new Float32Array(n)];
  if (chroma && step >= 3) of.push(new Float32Array(n), new Float32Array(n));
  for (let i = 0, p = 0; i < n; i++, p += step) {
    const r = data[p], g = step < 3 ? r : data[p + 1], b = step < 3 ? r : data[p + 2];
    of[0][i] = 0.299 * r + 0.587 * g + 0.114 * b;
    if (of.length > 1) {
      of[1][i] = -0.168736 * r - 0.331264 * g + 0.5 * b;
      of[2][i] = 0.5 * r - 0.418688 * g - 0.081312 * b;
    }
  }
  return { width: info.width, height: info.height, of };
}

/* The weights of Lanczos, a = 3, whose window is as wide as the reduction: {first, w} for each place of the result. */
function windows(from, to) {
  const scale = from / to, stretch = Math.max(scale, 1), reach = 3 * stretch;
  const sinc = (x) => (x === 0 ? 1 : Math.sin(Math.PI * x) / (Math.PI * x));
  return Array.from({ length: to }, (_, i) => {
    const centre = (i + 0.5) * scale;
    const first = Math.max(0, Math.floor(centre - reach)), end = Math.min(from, Math.ceil(centre + reach));
    const w = [];
    let sum = 0;
    for (let j = first; j < end; j++) {
      const x = (j + 0.5 - centre) / stretch;
      w.push(Math.abs(x) < 3 ? sinc(x) * sinc(x / 3) : 0);
      sum += w[w.length - 1];
    }
    return { first, w: Float64Array.from(w, (v) => v / sum) };
  });
}
function reduce(plane, width, height, toWidth, toHeight) {
  const across = windows(width, toWidth), down = windows(height, toHeight);
  const half = new Float32Array(toWidth * height);
  for (let y = 0; y < height; y++)
    for (let x = 0; x < toWidth; x++) {
      const { first, w } = across[x];
      let sum = 0;
      for (let k = 0, at = y * width + first; k < w.length; k++) sum += plane[at + k] * w[k];
      half[y * toWidth + x] = sum;
    }
  const out = new Float32Array(toWidth * toHeight), row = new Float64Array(toWidth);
  for (let y = 0; y < toHeight; y++) {
    const { first, w } = down[y];
    row.fill(0);
    for (let k = 0; k < w.length; k++)
      for (let x = 0, at = (first + k) * toWidth; x < toWidth; x++) row[x] += half[at + x] * w[k];
    out.set(row, y * toWidth);
  }
  return out;
}
function psnr(a, b) {
  let sum = 0;
  for (let i = 0; i < a.length; i++) sum += (a[i] - b[i]) ** 2;
  return 10 * Math.log10((255 * 255 * a.length) / Math.max(sum, 1e-9));
}
async function compare(job) {
  const whole = await planes(job.path, job.chroma), references = new Map();
  const against = (got) => {
    const key = `${got.width}x${got.height}`;
    if (!references.has(key))
      references.set(key, whole.of.map((p) => reduce(p, whole.width, whole.height, got.width, got.height)));
    return got.of.slice(0, whole.of.length).map((p, i) => psnr(references.get(key)[i], p));
  };
  const rows = [], bytes = readFileSync(job.path);
  for (const { path, edge } of job.ours) {
    const ours = await planes(path, job.chroma);
    const [out] = await separate(bytes, { ...job, edges: [edge], format: "jpeg" });
    const theirs = await planes(out, job.chroma);
    rows.push({ edge, width: ours.width, height: ours.height, ours: against(ours), sharp: against(theirs),
                sizes: [readFileSync(path).length, out.length] });
  }
  return { rows };
}

const acts = {
  separate: (job) => timed(separate, job),
  cascade: (job) => timed(cascade, job),
  make,
  compare,
  peak: async () => ({ peak_kib: process.resourceUsage().maxRSS }),
};
for await (const line of createInterface({ input: process.stdin })) {
  const job = JSON.parse(line);
  const answer = await acts[job.do](job).catch((e) => ({ error: String(e) }));
  process.stdout.write(JSON.stringify(answer) + "\n");
}
