/**
 * Loaded into every child before its own code. A child shuts itself down when the channel to its supervisor closes;
 * this makes sure of it, should that hang or be missing, so that a killed supervisor leaves nothing behind.
 */
const graceMs = Number(process.env.FORETOKEN_EXIT_GRACE_MS ?? 10_000)

process.on('disconnect', () => {
  setTimeout(() => process.exit(1), graceMs).unref()
})
// A listener would keep the process alive for as long as the channel is open.
process.channel?.unref()

export {}
