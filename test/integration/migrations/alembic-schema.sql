-- A live database as SQLAlchemy and Alembic leave it: names, defaults and further columns differ from ours.
create table alembic_version (
  version_num varchar(32) not null,
  constraint alembic_version_pkc primary key (version_num)
);
insert into alembic_version values ('a1b2c3d4e5f6');

create type jobtype as enum ('SPOT_SIMULATION', 'SOLVER_ANALYSIS');
create type jobstatus as enum ('QUEUED', 'PROCESSING', 'COMPLETED', 'FAILED', 'CANCELLED');
create type themepreference as enum ('LIGHT', 'DARK');

create table users (
  id varchar(36) not null,
  email varchar(255) not null,
  username varchar(80),
  password_hash varchar(255),
  theme themepreference,
  is_active boolean,
  created_at timestamp without time zone,
  constraint users_pkey primary key (id)
);
create unique index ix_users_email on users (email);
create unique index ix_users_username on users (username);

create table jobs (
  id varchar(36) not null,
  user_id varchar(36) not null,
  job_type jobtype not null,
  status jobstatus not null,
  input_data json not null,
  result_data json,
  error_message text,
  queue_message_id varchar(255),
  estimated_duration integer,
  actual_duration integer,
  progress_percentage integer,
  progress_message varchar(255),
  created_at timestamp without time zone,
  started_at timestamp without time zone,
  completed_at timestamp without time zone,
  updated_at timestamp without time zone,
  constraint jobs_user_id_fkey foreign key (user_id) references users (id),
  constraint jobs_pkey primary key (id)
);
create index idx_jobs_user_id on jobs (user_id);
create index idx_jobs_status on jobs (status);
create index idx_jobs_job_type on jobs (job_type);
create index idx_jobs_created_at on jobs (created_at);

create table solver_solutions (
  id varchar(36) not null,
  user_id varchar(36) not null,
  name varchar(255) not null,
  description text,
  game_state json not null,
  solution json not null,
  iterations integer not null,
  solve_time double precision,
  created_at timestamp without time zone,
  updated_at timestamp without time zone,
  constraint solver_solutions_user_id_fkey foreign key (user_id) references users (id),
  constraint solver_solutions_pkey primary key (id)
);
create index idx_solver_solutions_user_id on solver_solutions (user_id);

create table spots (id serial primary key, user_id varchar(36) references users (id), name text);
