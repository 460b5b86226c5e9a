# A repository: init, add, commit, log, clone.
set -e
export HOME=$PWD GIT_CONFIG_NOSYSTEM=1 GIT_AUTHOR_NAME=A GIT_AUTHOR_EMAIL=a@example.org GIT_COMMITTER_NAME=A
export GIT_COMMITTER_EMAIL=a@example.org GIT_AUTHOR_DATE='1700000000 +0000' GIT_COMMITTER_DATE='1700000000 +0000'
git init -q -b main repo
cd repo
cp ../text .
mkdir sub
echo other >sub/file
git add .
git commit -q -m 'the first'
echo more >>text
git commit -q -a -m 'the second'
git log --stat --format='%h %an %s' | cat
git status --short
cd ..
git clone -q repo copy
git -C copy log --oneline
git -C copy fsck 2>&1
