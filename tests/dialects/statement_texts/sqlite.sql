-- join by foreign key
SELECT people.name, teams.name AS name_1 FROM people JOIN teams ON teams.id = people.team_id

-- join with condition
SELECT people.name FROM people JOIN teams ON teams.id = people.team_id AND teams.name = ?

-- left join
SELECT teams.name, people.name AS name_1 FROM teams LEFT OUTER JOIN people ON teams.id = people.team_id WHERE teams.id != ?

-- full join
SELECT teams.id, people.id AS id_1 FROM teams FULL OUTER JOIN people ON teams.id = people.team_id WHERE teams.id IS NULL OR people.id IS NULL

-- join_from
SELECT teams.name FROM people JOIN teams ON teams.id = people.team_id WHERE people.id = ?

-- chain of joins
SELECT people.name, boss.name AS name_1 FROM people JOIN teams ON teams.id = people.team_id JOIN people AS boss ON boss.team_id = teams.id AND boss.id < people.id

-- nested join
SELECT teams.id, boss.id AS id_1 FROM teams LEFT OUTER JOIN (people JOIN people AS boss ON boss.id = people.id) ON people.team_id = teams.id WHERE teams.id > ?

-- lateral
SELECT teams.id, last.name FROM teams JOIN LATERAL (SELECT people.name AS name FROM people WHERE people.team_id = teams.id ORDER BY people.id DESC LIMIT ?) AS last ON 1 = 1

-- subquery
SELECT old.name FROM (SELECT people.id AS id, people.team_id AS team_id, people.name AS name, people.age AS age FROM people WHERE people.age > ?) AS old

-- alias
SELECT boss.name FROM people AS boss WHERE boss.id = ?

-- values
SELECT people.name FROM people JOIN (VALUES (?, ?), (?, ?)) AS v (k, w) ON v.k = people.id

-- cte
WITH ages AS (SELECT people.team_id AS team_id, count(*) AS n FROM people GROUP BY people.team_id) SELECT teams.name, ages.n FROM teams JOIN ages ON ages.team_id = teams.id

-- recursive cte
WITH RECURSIVE numbers(n) AS (SELECT ? AS n UNION ALL SELECT numbers.n + ? AS anon_1 FROM numbers WHERE numbers.n < ?) SELECT numbers.n FROM numbers

-- cte that writes
WITH w AS (UPDATE people SET age=? WHERE people.id = ? RETURNING id, age) SELECT w.id, w.age FROM w

-- insert with cte
WITH ages AS (SELECT people.team_id AS team_id, count(*) AS n FROM people GROUP BY people.team_id) INSERT INTO teams (id, name) SELECT ages.team_id + ? AS anon_1, ? AS anon_2 FROM ages WHERE ages.team_id = ?

-- scalar subquery
SELECT teams.id, (SELECT count(*) AS count_1 FROM people WHERE people.team_id = teams.id) AS anon_1 FROM teams

-- exists
SELECT teams.id FROM teams WHERE NOT (EXISTS (SELECT * FROM people WHERE people.team_id = teams.id))

-- explicit correlation
SELECT people.id FROM people WHERE people.age = (SELECT max(boss.age) AS max_1 FROM people AS boss WHERE boss.team_id = people.team_id)

-- in subquery
SELECT people.name FROM people WHERE people.team_id IN (SELECT teams.id FROM teams WHERE teams.name = ?)

-- any and all
SELECT people.id FROM people WHERE people.age >= ALL (SELECT boss.age FROM people AS boss WHERE boss.age IS NOT NULL) AND people.id = ANY (SELECT boss.id FROM people AS boss)

-- union
SELECT people.age FROM people UNION SELECT people.age FROM people

-- union all
SELECT teams.id FROM teams UNION ALL SELECT teams.id FROM teams WHERE teams.id = ? ORDER BY id LIMIT ?

-- intersect
SELECT teams.id FROM teams INTERSECT SELECT people.team_id FROM people

-- except
SELECT teams.id FROM teams EXCEPT SELECT people.team_id FROM people WHERE people.team_id IS NOT NULL

-- distinct
SELECT DISTINCT people.age FROM people

-- distinct in aggregate
SELECT count(DISTINCT people.age) AS count_1 FROM people

-- distinct on
refused

-- group by and having
SELECT people.age, count(*) AS count_1 FROM people GROUP BY people.age HAVING count(*) > ?

-- order by
SELECT people.id FROM people WHERE people.age > ? ORDER BY people.age DESC, people.id DESC

-- nulls last
SELECT people.id FROM people ORDER BY people.age ASC NULLS LAST, people.id LIMIT ?

-- nulls first
SELECT people.id FROM people ORDER BY people.age DESC NULLS FIRST LIMIT ?

-- limit and offset
SELECT people.id FROM people ORDER BY people.id LIMIT ? OFFSET ?

-- offset alone
SELECT people.id FROM people ORDER BY people.id LIMIT -1 OFFSET ?

-- fetch
SELECT people.id FROM people ORDER BY people.id LIMIT ? OFFSET ?

-- fetch with ties
refused

-- for update
SELECT people.id FROM people WHERE people.id = ?

-- for update skip locked
SELECT people.id FROM people WHERE people.id = ?

-- for update of
SELECT people.id FROM people JOIN teams ON teams.id = people.team_id WHERE people.id = ?

-- for share
SELECT people.id FROM people WHERE people.id = ?

-- for key share
SELECT people.id FROM people WHERE people.id = ?

-- prefix and hint
SELECT ALL people.id FROM people WHERE people.id = ?

-- and, or, not
SELECT people.id FROM people WHERE NOT (people.id = ? OR people.id > ? AND people.age = ?)

-- in
SELECT people.id FROM people WHERE people.id IN (__[POSTCOMPILE_id_1])

-- in nothing
SELECT people.id FROM people WHERE people.id IN (__[POSTCOMPILE_id_1])

-- not in nothing
SELECT people.id FROM people WHERE (people.age NOT IN (__[POSTCOMPILE_age_1]))

-- in with tuples
SELECT people.id FROM people WHERE (people.id, people.age) IN (__[POSTCOMPILE_param_1])

-- in with parameter
SELECT people.id FROM people WHERE people.id IN (__[POSTCOMPILE_ids])

-- between
SELECT people.id FROM people WHERE people.age BETWEEN ? AND ?

-- like with autoescape
SELECT people.id FROM people WHERE people.name LIKE '%' || ? || '%' ESCAPE '/'

-- startswith and endswith
SELECT people.id FROM people WHERE people.name LIKE ? || '%' AND people.name LIKE '%' || ?

-- ilike
SELECT people.id FROM people WHERE lower(people.name) LIKE lower(?)

-- icontains
SELECT people.id FROM people WHERE lower(people.name) LIKE '%' || lower(?) || '%'

-- is distinct from
SELECT people.id FROM people WHERE people.age IS NOT ?

-- is not distinct from
SELECT people.id FROM people WHERE people.age IS NULL

-- regular expression
SELECT people.id FROM people WHERE people.name REGEXP ?

-- true and false
SELECT people.id FROM people WHERE 1 = 1 AND people.id = ?

-- is null
SELECT people.id FROM people WHERE people.age IS NULL

-- arithmetic
SELECT (people.id + ?) * ? - people.id % ? AS anon_1, people.id / ? AS anon_2 FROM people WHERE people.id = ?

-- true division
SELECT CAST(people.id / (? + 0.0) AS NUMERIC(5, 2)) AS anon_1 FROM people WHERE people.id = ?

-- xor
SELECT ((people.id | ?) - (people.id & ?)) + ? AS anon_1 FROM people WHERE people.id = ?

-- power
SELECT pow(people.id, ?) AS pow_1, pow(?, people.id) AS pow_2 FROM people WHERE people.id = ?

-- compared comparisons
SELECT people.id FROM people WHERE (people.id = ?) = (people.id != ?) AND people.id = ?

-- bitwise
SELECT people.id & ? AS anon_1, people.id | ? AS anon_2, people.id << ? AS anon_3 FROM people WHERE people.id = ?

-- concatenation
SELECT people.name || ? || people.name AS anon_1 FROM people WHERE people.id = ?

-- custom operator
SELECT people.id + ? AS anon_1 FROM people WHERE people.id = ?

-- case
SELECT CASE WHEN (people.age > ?) THEN ? WHEN (people.age IS NULL) THEN ? ELSE ? END AS anon_1 FROM people

-- case of a value
SELECT CASE people.id WHEN ? THEN ? WHEN ? THEN ? ELSE ? END AS anon_1 FROM people WHERE people.id < ?

-- cast
SELECT CAST(people.id AS VARCHAR(5)) || ? AS anon_1 FROM people WHERE people.id = ?

-- try_cast
refused

-- type_coerce
SELECT people.name AS name FROM people WHERE people.id = ?

-- literal
SELECT ? AS anon_1, 1 + 1 AS two

-- collation
SELECT people.id FROM people WHERE people.id = ? ORDER BY people.name COLLATE "C"

-- greatest of a row
SELECT coalesce(people.age, ?) AS coalesce_1 FROM people WHERE people.id = ?

-- window
SELECT people.id, row_number() OVER (PARTITION BY people.team_id ORDER BY people.id DESC) AS anon_1 FROM people WHERE people.team_id = ?

-- window frame
SELECT sum(people.id) OVER (ORDER BY people.id ROWS BETWEEN ? PRECEDING AND CURRENT ROW) AS anon_1 FROM people

-- filter
SELECT count(*) FILTER (WHERE people.age > ?) AS anon_1 FROM people

-- within group
SELECT percentile_disc(?) WITHIN GROUP (ORDER BY people.id) AS anon_1 FROM people

-- aggregate strings
SELECT group_concat(people.name, ?) AS aggregate_strings_1 FROM people WHERE people.id = ?

-- insert values
INSERT INTO teams (id, name) VALUES (?, ?), (?, ?)

-- insert from select
INSERT INTO teams (id, name) SELECT people.id + ? AS anon_1, people.name FROM people WHERE people.id = ?

-- insert returning
INSERT INTO teams (id, name) VALUES (?, ?) RETURNING id, upper(name) AS upper_1

-- update
UPDATE people SET age=(people.age + ?) WHERE people.age = ?

-- update from
UPDATE people SET age=teams.id FROM teams WHERE people.team_id = teams.id AND teams.name = ?

-- update by subquery
UPDATE people SET age=(SELECT max(teams.id) AS max_1 FROM teams) WHERE people.id = ?

-- ordered update
UPDATE people SET name=?, age=? WHERE people.id = ?

-- update returning
UPDATE people SET age=? WHERE people.id = ? RETURNING id, age

-- delete
DELETE FROM people WHERE people.age = ?

-- delete using
refused

-- delete returning
DELETE FROM people WHERE people.id = ? RETURNING name

-- text
SELECT name FROM people WHERE id = ?

-- text with columns
SELECT q.id FROM (SELECT id, age FROM people) AS q WHERE q.age > 25
