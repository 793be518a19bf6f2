import type { Workload } from './workload.ts'

/** What to do, in words; the answer is one command line. */
export const shell: Workload = {
  tenant: 'shell-ops',
  description: 'request to command line',
  temperature: 0,
  prompts: [
    'find all files under /var/log that end in ".gz" and are older than 14 days and delete them',
    'list the ten largest files in the current directory tree, with their sizes',
    'count the lines of every python file below the folder src',
    'replace "staging" by "production" in all yaml files of the current folder',
    'show the last 100 lines of /var/log/nginx/error.log and keep following it',
    'find all empty directories under /tmp and remove them',
    'copy the folder /srv/media to the host backup01 over ssh and keep permissions and times',
    'print the third column of report.csv, sorted, without duplicates',
    'find all files below the home directory that were changed in the last 24 hours',
    'make every shell script in the folder bin executable for its owner',
    'archive the folder /etc as a compressed tar file named etc-backup.tar.gz',
    'search recursively for the word "deprecated" in all java files and show line numbers',
    'show which process listens on port 5432',
    'find all symbolic links in /usr/local/lib that point to nothing',
    'rename every file in the current folder that ends in ".jpeg" so that it ends in ".jpg"',
    'print the total disk usage of each folder in /home in human readable form',
  ],
}
