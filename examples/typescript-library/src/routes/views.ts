export interface LoanView {
  title: string
  returned: boolean
}
