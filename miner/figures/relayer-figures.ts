// The figures of a relayer.

import { type Figure, whole } from '../../node/metrics/figures.ts'
import type { RelayerStatus } from '../status.ts'

export const RELAYER_FIGURES: readonly Figure<RelayerStatus>[] = [
  {
    name: 'ttx_relayer_claims_total',
    help: 'Requests that it has paid since it was started',
    of: ({ claimed }) => claimed,
  },
  {
    name: 'ttx_relayer_paid_ttx_total',
    help: 'What it has paid to recipients since then, TTX',
    of: ({ paid }) => whole(paid),
  },
  {
    name: 'ttx_relayer_waiting',
    help: 'Requests that could be paid now and are not, number of them',
    of: ({ waiting }) => waiting,
  },
]
