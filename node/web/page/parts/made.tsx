// What was made, and where to follow it.

import { Link } from '@tanstack/react-router'
import type { Infohash } from '../../../protocol/ids.ts'

export function Made({ what, infohash }: { readonly what: string; readonly infohash: Infohash }) {
  return (
    <p role="status">
      {what}:{' '}
      <Link className="id" to="/tx/$infohash" params={{ infohash }}>
        {infohash}
      </Link>
    </p>
  )
}
