/**
 * A pre-tokenizer of tokenizer.json in which `Digits` is spelled out as a split. Hugging Face's own library takes every
 * numeric character of Unicode for a digit (½, ², ٣), the one in use here those of ASCII only.
 */
export function withUnicodeDigits(part: unknown): unknown {
  if (typeof part !== 'object' || part === null || !('type' in part)) return part
  if (part.type === 'Sequence' && 'pretokenizers' in part && Array.isArray(part.pretokenizers))
    return { ...part, pretokenizers: part.pretokenizers.map(withUnicodeDigits) }
  if (part.type !== 'Digits') return part
  const single = 'individual_digits' in part && part.individual_digits === true
  return { type: 'Split', pattern: { Regex: single ? '\\p{N}' : '\\p{N}+' }, behavior: 'Isolated', invert: false }
}
