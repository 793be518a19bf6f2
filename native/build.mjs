import { spawnSync } from 'node:child_process'
import { copyFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'

// Runs after `npm ci`. Without Rust everything works, drafts only take longer, so nothing here fails an installation.
const folder = fileURLToPath(new URL('.', import.meta.url))
const built = spawnSync('cargo', ['build', '--release', '--locked', '--quiet'], { cwd: folder, stdio: 'inherit' })
if (built.status === 0) {
  const library = { darwin: 'libforetoken_native.dylib', win32: 'foretoken_native.dll' }[process.platform]
  copyFileSync(`${folder}target/release/${library ?? 'libforetoken_native.so'}`, `${folder}foretoken.node`)
} else {
  const why = built.error ? 'there is no cargo (https://rustup.rs)' : 'cargo build failed'
  console.warn(`foretoken: native kernels were not built, because ${why}. Drafts run on ONNX Runtime alone.`)
}
