export class AccountsController {
  list = async () => [];

  async show() {
    return {};
  }
}
