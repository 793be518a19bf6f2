import { type DraftArtifact, draftParameters, parameterCount } from '@foretoken/drafting'
import { CHAIN, type DomainFigures } from './evaluate.ts'
import { grouped, table } from './markdown.ts'
import type { DraftCard } from './train.ts'

/** What a card says beside a draft's own figures. */
export interface CardFacts {
  readonly targetName: string
  /** What to type to train it again. */
  readonly command: string
  readonly completionTokensMax: number
  readonly sampledShare: number
  readonly steps: number
  readonly batch: number
  readonly learningRate: number
}

/** The README that lies beside a draft's weights. */
export function renderCard(draft: Omit<DraftArtifact, 'parameters' | 'tokens'>, card: DraftCard, facts: CardFacts) {
  const { shape } = draft
  const { confidence } = card
  const size = (parameterCount(draftParameters(shape)) / 1e6).toFixed(2)
  const sampled = `${Math.round(facts.sampledShare * 100)} %`
  const parts = [
    `# ${draft.id}: a static draft of ${facts.targetName}`,
    `A recurrent draft: state ${shape.stateSize}, draft vocabulary ${grouped(shape.vocabularySize)}, Markov rank ` +
      `${shape.markovRank}, pointer rank ${shape.pointer.rank} over ${shape.pointer.window} tokens, ${size} M trained ` +
      'parameters in half precision. It drafts for the target with fingerprint ' +
      `\`${draft.target}\` and for no other; SHA-256 of its weights: \`${draft.contentHash}\`.`,
    `\`\`\`sh\n${facts.command}\n\`\`\``,
    '## Data',
    `Answers of the target itself, at most ${facts.completionTokensMax} tokens each, ${sampled} of them sampled at ` +
      'temperature 1 and the rest greedy, with the hidden states that verification saw. The last tenth of each ' +
      "domain's requests was held out.",
    table(
      ['domain', 'training requests', 'tokens', 'held-out requests'],
      card.domains.map((each) => [each.domain, ...[each.requests, each.tokens, each.heldOutRequests].map(grouped)]),
    ),
    '## Training',
    `${grouped(facts.steps)} steps of ${facts.batch} of ${grouped(card.positions)} positions, AdamW at ` +
      `${facts.learningRate} with a cosine to its end.`,
    lossTable(card.curve),
    '## Held-out requests',
    `Replay of recorded hidden states with greedy chains of ${CHAIN}. Acceptance length is committed tokens per ` +
      "verification step, the target's own included; acceptance is by position, of those whose predecessors were " +
      'accepted. Requests that were sampled are judged against greedy chains too, which understates them.',
    table(
      ['domain', 'acceptance length', 'greedy requests only', 'acceptance by position'],
      card.domains.map(acceptanceRow),
    ),
    '## Confidence',
    `Corrected after training, as logits: ${confidence.slope.toFixed(2)} of it ${signed(confidence.offset)}, found on ` +
      'every other held-out request. On the rest of them, by position: mean confidence, the share that was accepted, ' +
      'and the expected calibration error (ten bins) with and without the correction.',
    table(
      ['position', 'draft tokens', 'confidence', 'accepted', 'calibration error', 'uncorrected'],
      card.calibration.map(({ count, confidence, acceptance, error }, at) => {
        const shares = [confidence, acceptance, error, card.uncalibrated[at]?.error ?? 0]
        return [String(at + 1), grouped(count), ...shares.map((share) => share.toFixed(3))]
      }),
    ),
  ]
  return `${parts.join('\n\n')}\n`
}

/** Entries of the curve that the card shows. */
const CURVE_POINTS = 10

function acceptanceRow({ domain, acceptanceLength, acceptanceLengthGreedy, acceptance }: DomainFigures): string[] {
  const byPosition = acceptance.map((share) => share.toFixed(2)).join(' ')
  return [domain, acceptanceLength.toFixed(2), acceptanceLengthGreedy?.toFixed(2) ?? '-', byPosition]
}

function lossTable(curve: DraftCard['curve']): string {
  const shown = Math.min(CURVE_POINTS, curve.length)
  const places = Array.from({ length: shown }, (_, at) => Math.ceil(((at + 1) * curve.length) / shown) - 1)
  const points = places.flatMap((place) => {
    const point = curve[place]
    return point ? [point] : []
  })
  return table(
    ['step', ...points.map(([step]) => grouped(step))],
    [['mean loss', ...points.map(([, loss]) => loss.toFixed(3))]],
  )
}

function signed(value: number): string {
  return `${value < 0 ? '−' : '+'} ${Math.abs(value).toFixed(2)}`
}
