export { bookRepository } from './book.repository.js'
export { loanRepository } from './loan.repository.js'
