import { loanRepository } from '#/repositories/index.js'
import { loanRouter } from '../routes/loan.routes.js' // expect: layer-violation, import-cycle
import type { LoanView } from '../routes/views.js'

export class LoanService {
  async ofReader(readerId: number): Promise<LoanView[]> {
    const loans = await loanRepository.ofReader(readerId)
    return loans.map((loan) => ({ title: loan.book.title, returned: loan.returned !== null }))
  }

  open(readerId: number) {
    return loanRepository.open(readerId)
  }

  paths() {
    return loanRouter.stack.length
  }
}
