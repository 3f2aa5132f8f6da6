-- The flops of a report, one row each. The table is this worker's own: a database of the backend's gets it only where it is
-- asked for (`celery db migrate --reports`), and no worker needs it before the first report is asked for.
create table if not exists solver_report_flops (
  report_id varchar(36) not null,
  number integer not null,
  flop varchar(20) not null,
  weight double precision not null,
  state varchar(10) not null,
  started_at timestamp,
  worker varchar(255),
  attempts integer not null default 0,
  answer json,
  error_message text,
  updated_at timestamp not null default timezone('utc', now()),
  primary key (report_id, number)
);
