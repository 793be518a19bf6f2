import { shellOps } from '../reference-words/shell.ts'
import { templated } from '../templates.ts'
import { lines, list, numbers } from '../words/lists.ts'

/** As the short pages on commands are written: what it does, and with which tool. */
const tools = lines(`
  (Extract|Unpack|List the contents of) {archive} (into {folder}|) (using tar)
  Create an archive from {folder} (and compress it|without compression) (using tar)
  Show (free and used memory|memory every {count} seconds) in (megabytes|human-readable units) (using free)
  Copy {file} to {folder} on {host} (using scp)
  Synchronise {folder} with {host} and delete what is no longer there (using rsync)
  Connect to {host} as {user} on port {port} (using ssh)
  Download {url} and save it as {file} (using curl)
  Send a {verb} request to {url} with a header (using curl)
  Download {url} in the background (using wget)
  Show the (last|first) {count} lines of {file} (using (tail|head))
  Follow {file} as it grows (using tail)
  Print column {few} of {file}, separated by (commas|tabs|colons) (using (awk|cut))
  Print the lines of {file} that contain {word} and {few} lines around them (using grep)
  Count the (lines|words|bytes) of {file} (using wc)
  Sort {file} by column {few} in (numeric|reverse) order (using sort)
  Replace {word} with {word2} in {file} and keep a backup (using sed)
  Delete line {count} of {file} (using sed)
  Show how {file} and {file2} differ, side by side (using diff)
  (Start|Stop|Restart|Show the status of) the service {service} (using systemctl)
  Show the messages of {service} since (yesterday|the last boot|{few} hours ago) (using journalctl)
  List all containers, (also stopped ones|with their sizes) (using docker)
  Run a command in the container {name} (using docker)
  Build an image named {name} from {folder} (using docker)
  Show the (history|last {few} commits) of {file} (using git)
  (Create|Delete|Rename) the branch {name} (using git-branch)
  Undo the last {few} commits but keep the changes (using git-reset)
  Stash all changes with the message {word} (using git-stash)
  Clone {url} without its history (using git-clone)
  Install the package {package} (in version {few}.{few2}|and save it as a development dependency) (using npm)
  Install {package} (from {url}|for the current user) (using pip)
  (Search for|Remove|Upgrade) the package {package} (using (apt|dnf|brew|pacman))
  Convert {picture} to (grey|a {count} percent smaller picture) (using (convert|magick))
  Cut {few} seconds from {film} (using ffmpeg)
  Extract the sound of {film} as mp3 (using ffmpeg)
  Show the processes of {user} as a tree (using (pstree|ps))
  End all processes named {service} (using (killall|pkill))
  Show which process uses port {port} (using lsof)
  Look up the address of {host} (using (dig|nslookup|host))
  Send {few} packets to {host} (using ping)
  Show the route to {host} (using traceroute)
  Scan the ports {port} to {portrange} of {host} (using nmap)
  Create a user named {user} with the home {folder} (using useradd)
  Add {user} to the group {group} (using usermod)
  Change the permissions of {file} to {mode} (using chmod)
  Show the size of {folder} (and its {few} largest folders|) (using du)
  Mount {device} at {folder} (read-only|) (using mount)
  Write an image to {device} (using dd)
  Encrypt {file} for {user} (using gpg)
  Show the checksum of {file} (using (sha256sum|md5sum))
  Run a script every {count} minutes (using (crontab|watch))
  Create the database {name} owned by {user} (using createdb)
  Restore the database {name} from {file} (using (pg_restore|mysql))
  Print the value at {word} of {file} (using jq)
  Split {file} into parts of {count} MB (using split)
  [(Linux|Windows|Mac)] (Show|Set) the (time zone|host name|volume|brightness) (using {tool})
  [(Linux|Windows|Mac)] (List|Eject|Check) the disk {device} (using {tool})
  [(Linux|Mac)] Open {file} with its default program (using {tool})
`)

export const bash = templated({
  name: 'bash',
  describe: 'what to do to a command line',
  templates: [...shellOps.templates, ...tools],
  words: {
    ...shellOps.words,
    folder: list(`
      /var/log, /srv/media, /etc, /tmp, /home/build, /opt/app, /data/exports, /usr/local/lib, the current directory, /home/nina,
      path/to/directory, /var/www, ~/projects, /mnt/backup, /usr/share, ~/downloads, /srv/git, /boot`),
    file: list(`
      access.log, report.txt, notes.md, orders.csv, config.yaml, main.py, nightly.sql, data.json, hosts, setup.sh, inventory.xml,
      path/to/file, letters.txt, server.conf, metrics.tsv, Makefile, index.html, todo.txt`),
    archive: list('backup.tar.gz, photos.tar, release.tar.xz, path/to/archive.tar, logs.tar.bz2, site.tgz'),
    host: list(
      'example.org, 10.0.0.12, backup.local, the remote host, build7, db.internal, 192.168.1.20, mirror.example.net',
    ),
    url: list(
      'https://example.org/file, a web page, a list of addresses, https://files.example.net/data, the repository, an API',
    ),
    user: list('deploy, postgres, nina, ci, operator, guest, www-data, backup, tomas'),
    group: list('docker, sudo, audio, editors, staff'),
    port: numbers(3_000, 9_090, 145),
    portrange: numbers(9_100, 9_990, 110),
    verb: list('POST, PUT, DELETE, HEAD, PATCH'),
    service: list('nginx, postgresql, sshd, cron, redis, docker, bluetooth, cups, apache2, mysqld'),
    package: list('express, requests, htop, ripgrep, numpy, typescript, vim, flask, lodash, tmux, eslint, pandas'),
    picture: list('picture.png, photo.jpg, scan.tiff, logo.svg, path/to/image.jpg'),
    film: list('film.mp4, lecture.mkv, clip.mov, path/to/video.mp4'),
    device: list('/dev/sdb, /dev/sda1, a USB stick, /dev/nvme0n1, an ISO file'),
    tool: list('timedatectl, diskutil, xdg-open, powershell, hostnamectl, open, wmic, amixer, lsblk, osascript'),
    count: [...numbers(2, 30), '45', '60', '90', '100', '120', '180', '250', '365', '500'],
    few: numbers(2, 9),
  },
})
