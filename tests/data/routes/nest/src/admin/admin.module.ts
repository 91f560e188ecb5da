import { Controller, Get, Module } from '@nestjs/common';

@Controller('settings')
class SettingsController {
  @Get()
  read() {
    return {};
  }
}

@Controller()
class HomeController {
  @Get()
  home() {
    return '';
  }
}

@Module({ controllers: [SettingsController, HomeController] })
export class AdminModule {}
