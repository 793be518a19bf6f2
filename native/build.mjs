import { spawnSync } from 'node:child_process'
import { copyFileSync, renameSync } from 'node:fs'
import { fileURLToPath } from 'node:url'

// Runs after `npm ci`. Without Rust everything works and only takes longer, so nothing here fails an installation.
const folder = fileURLToPath(new URL('.', import.meta.url))
const built = spawnSync('cargo', ['build', '--release', '--locked', '--quiet'], { cwd: folder, stdio: 'inherit' })
if (built.status === 0) {
  const library = { darwin: 'libforetoken_native.dylib', win32: 'foretoken_native.dll' }[process.platform]
  const fresh = `${folder}target/release/${library ?? 'libforetoken_native.so'}`
  // A process that has the old file loaded goes on with it.
  copyFileSync(fresh, `${folder}foretoken.node.new`)
  renameSync(`${folder}foretoken.node.new`, `${folder}foretoken.node`)
} else {
  const why = built.error ? 'there is no cargo (https://rustup.rs)' : 'cargo build failed'
  console.warn(
    `foretoken: native kernels were not built, because ${why}. Target and drafts run on ONNX Runtime, and slower.`,
  )
}
