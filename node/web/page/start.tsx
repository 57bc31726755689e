// The page itself, once the libraries know what they may do.

import { QueryClient, QueryClientProvider } from '@tanstack/react-query'
import { RouterProvider } from '@tanstack/react-router'
import { StrictMode } from 'react'
import { createRoot } from 'react-dom/client'
import { OperationError } from '../../errors.ts'
import { LanguageProvider } from './language/language.tsx'
import { listen } from './live.ts'
import { refresh } from './node.ts'
import { router } from './router.tsx'
import './style.css'

const RETRIES = 2

const client = new QueryClient({
  defaultOptions: {
    queries: {
      staleTime: Number.POSITIVE_INFINITY,
      // What will be answered in the same way is not asked again.
      retry: (failures, error) => failures < RETRIES && error instanceof OperationError && error.retry,
      networkMode: 'always',
    },
    mutations: { networkMode: 'always' },
  },
})

listen((topics) => void refresh(client, topics), new AbortController().signal)

const root = document.getElementById('root')
if (root === null) throw new Error('expected the place for the page in index.html')
createRoot(root).render(
  <StrictMode>
    <LanguageProvider>
      <QueryClientProvider client={client}>
        <RouterProvider router={router} />
      </QueryClientProvider>
    </LanguageProvider>
  </StrictMode>,
)
