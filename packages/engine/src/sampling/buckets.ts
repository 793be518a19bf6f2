/** Width of a bucket in nats: 1/16. The last one takes everything beyond 32 nats. */
const BUCKETS_PER_NAT = 16
export const BUCKET_COUNT = 512

/** The bucket of a score, by its distance from the highest. Monotone in it, so buckets respect the order. */
export function bucketOf(distance: number): number {
  return Math.min(distance * BUCKETS_PER_NAT, BUCKET_COUNT - 1) | 0
}
