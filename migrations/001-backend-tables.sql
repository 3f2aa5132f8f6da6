-- The backend's tables, for a database that has none. Each object is made only where it is missing, and indexes only
-- together with their table, so that running this on the backend's own database changes nothing.
do $$
begin
  if to_regtype('jobtype') is null then
    create type jobtype as enum ('SPOT_SIMULATION', 'SOLVER_ANALYSIS');
  end if;

  if to_regtype('jobstatus') is null then
    create type jobstatus as enum ('QUEUED', 'PROCESSING', 'COMPLETED', 'FAILED', 'CANCELLED');
  end if;

  if to_regclass('users') is null then
    create table users (
      id varchar(36) primary key,
      email varchar(255) not null unique,
      username varchar(80) unique,
      created_at timestamp default timezone('utc', now())
    );
  end if;

  if to_regclass('jobs') is null then
    create table jobs (
      id varchar(36) primary key,
      user_id varchar(36) not null references users (id),
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
      created_at timestamp default timezone('utc', now()),
      started_at timestamp,
      completed_at timestamp,
      updated_at timestamp default timezone('utc', now())
    );
    create index idx_jobs_user_id on jobs (user_id);
    create index idx_jobs_status on jobs (status);
    create index idx_jobs_job_type on jobs (job_type);
    create index idx_jobs_created_at on jobs (created_at);
  end if;

  if to_regclass('solver_solutions') is null then
    create table solver_solutions (
      id varchar(36) primary key,
      user_id varchar(36) not null references users (id),
      name varchar(255) not null,
      description text,
      game_state json not null,
      solution json not null,
      iterations integer not null,
      solve_time double precision,
      created_at timestamp default timezone('utc', now()),
      updated_at timestamp default timezone('utc', now())
    );
    create index idx_solver_solutions_user_id on solver_solutions (user_id);
    -- For the look-up of earlier answers; hashed, because a description may be longer than a tree's entry.
    create index idx_solver_solutions_description on solver_solutions using hash (description);
  end if;
end
$$;
