import { Module } from '@nestjs/common';
import { RouterModule } from '@nestjs/core';
import { AdminModule } from './admin/admin.module';
import { ReportsModule } from './admin/reports.module';
import { HealthController, MetricsController, PublicController } from './common/health.controller';
import { OrdersModule } from './orders/orders.module';
import { UsersModule } from './users/users.module';

@Module({
  imports: [
    UsersModule,
    OrdersModule,
    AdminModule,
    ReportsModule,
    RouterModule.register([
      {
        path: 'admin',
        module: AdminModule,
        children: [{ path: 'reports', module: ReportsModule }],
      },
    ]),
  ],
  controllers: [HealthController, MetricsController, PublicController],
})
export class AppModule {}
